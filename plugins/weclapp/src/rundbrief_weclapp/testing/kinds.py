"""The kinds of entities: which properties they have, and what can be filtered by (OpenAPI description, v2)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["KINDS", "Kind"]

_META = frozenset({"id", "version", "createdDate", "lastModifiedDate"})


@dataclass(frozen=True, slots=True)
class Kind:
    """One resource."""

    properties: frozenset[str]
    """What a client may write."""
    read_only: frozenset[str] = _META
    not_filterable: frozenset[str] = frozenset()
    flags: frozenset[str] = frozenset()
    """Always there; false unless they are set."""
    required: tuple[str, ...] = ()
    defaults: Mapping[str, object] = field(default_factory=dict)

    @property
    def all(self) -> frozenset[str]:
        return self.properties | self.read_only


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_PARTY_FLAGS = _words(
    "commissionBlock competitor customer customerAllowDropshippingOrderCreation customerBlocked"
    " customerDeliveryBlock customerInsolvent customerInsured customerUseCustomsTariffNumber"
    " enableDropshippingInNewSupplySources factoring fixedResponsibleUser formerSalesPartner"
    " habitualExporter invoiceBlock optInEmail optInLetter optInPhone optInSms purchaseViaPlafond"
    " salesPartner supplier supplierActive supplierMergeItemsForOcrInvoiceUpload supplierOrderBlock"
)
_PARTY = _PARTY_FLAGS | _words(
    "customAttributes addresses birthDate company company2 deliveryAddressId email emailHome fax"
    " firstName invoiceAddressId lastName middleName mobilePhone1 onlineAccounts partyType"
    " personCompany personDepartmentId personRoleId phone primaryAddressId salutation tags titleId"
    " website bankAccounts commercialLanguageId commissionSalesPartners companySizeId contacts"
    " currencyId customerAmountInsured customerAnnualRevenue customerBlockNotice customerBusinessType"
    " customerCategoryId customerCreditLimit customerInternalNote customerNumber customerNumberOld"
    " customerSalesChannel customerSatisfaction customerSupplierNumber description eoriNumber"
    " fixPhone2 invoiceRecipientId leadRatingId leadSourceId leadStatus legalFormId mobilePhone2"
    " parentPartyId partyEmailAddresses phoneHome primaryContactId ratingId referenceNumber"
    " responsibleUserId sectorId supplierNumber supplierNumberOld taxId topics vatIdentificationNumber"
    " xRechnungLeitwegId"
)

KINDS: Mapping[str, Kind] = {
    "party": Kind(
        _PARTY,
        _META
        | _words("regionId convertedOnDate publicPageUuid publicPageExpirationDate customerSalesStageHistory"),
        _words(
            "contacts topics addresses onlineAccounts emailHome mobilePhone1 commercialLanguageId"
            " customAttributes bankAccounts commissionSalesPartners partyEmailAddresses"
        ),
        _PARTY_FLAGS,
        ("partyType",),
        {"customerBusinessType": "B2C"},
    ),
    "customAttributeDefinition": Kind(
        _words(
            "active attributeDescription attributeEntityType attributeKey attributeLabels"
            " attributeType conditions defaultBooleanValue defaultDateValue defaultNumberValue"
            " defaultStringValue entities groupName label legacyEntities mandatory permissions"
            " publicPageTypes readOnly selectableValues showAttributeEntityType showInOverview"
            " showOnCreationDialog"
        ),
        _META | {"systemCustomAttribute"},
        _words("entities legacyEntities selectableValues attributeLabels conditions permissions"),
        _words(
            "active defaultBooleanValue mandatory readOnly showInOverview showOnCreationDialog"
            " systemCustomAttribute"
        ),
        ("attributeKey", "label", "attributeType", "entities"),
    ),
    "campaign": Kind(
        _words(
            "customAttributes campaignEndDate campaignName campaignStartDate campaignType description"
            " responsibleUserId"
        ),
        _META | {"campaignNumber"},
        _words("customAttributes"),
        required=("campaignName",),
    ),
    "campaignParticipant": Kind(
        _words("campaignId participation partyId"),
        not_filterable=_words("participation"),
        flags=_words("participation"),
        required=("campaignId", "partyId"),
    ),
    "title": Kind(_words("name active positionNumber"), required=("name",)),
    "tag": Kind(_words("name"), required=("name",)),
    "externalConnection": Kind(_words("connectionType name")),
}
