"""The configuration: rundbrief.toml, checked key by key, with secrets by reference."""

from rundbrief.config.loading import (
    FILE_NAME,
    Config,
    ConnectionConfig,
    CrmConfig,
    load_config,
    load_settings,
)
from rundbrief.config.secrets import SecretField
from rundbrief.config.starter import starter_config

__all__ = [
    "FILE_NAME",
    "Config",
    "ConnectionConfig",
    "CrmConfig",
    "SecretField",
    "load_config",
    "load_settings",
    "starter_config",
]
