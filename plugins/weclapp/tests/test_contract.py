"""weclapp keeps the contract of all CRMs."""

import pytest

from rundbrief.testing import CrmContract

pytestmark = pytest.mark.contract


class TestWeclapp(CrmContract):
    crm = "weclapp"
