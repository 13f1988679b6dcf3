"""A stateful imitation of Mailchimp's Marketing API 3.0, with the traps that matter for consent.

What it does is what the vendor's documentation and specification say, or what others have met; where neither
speaks, an option of the sandbox gives both ways.
"""

from rundbrief_mailchimp.testing.service import MailchimpSandbox

__all__ = ["MailchimpSandbox"]
