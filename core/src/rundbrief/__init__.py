"""rundbrief keeps the contacts of a CRM and the recipients of newsletter services in step.

The CRM leads for data, the service leads for consent, and nobody's "no" is ever lost.
"""

__version__ = "0.1.0"
__all__ = ["__version__"]
