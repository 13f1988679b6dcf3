"""What a plugin's author tests with: sandboxes, fault injection, contracts."""
