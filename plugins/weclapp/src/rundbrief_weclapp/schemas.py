"""What weclapp sends, as marshmallow schemas: only what is used, ids and decimals as the texts that they are."""

from marshmallow import fields

from rundbrief.http import WireSchema

__all__ = [
    "CampaignSchema",
    "ConnectionSchema",
    "CountSchema",
    "DefinitionSchema",
    "JobSchema",
    "NamedSchema",
    "ParticipantSchema",
    "PartySchema",
    "RightsSchema",
    "UserSchema",
]


class _Entity(WireSchema):
    id = fields.String(required=True)


class NamedSchema(_Entity):
    """A title."""

    name = fields.String(load_default="")


class ReferenceSchema(WireSchema):
    entity_id = fields.String(load_default=None, data_key="entityId")
    entity_name = fields.String(load_default=None, data_key="entityName")


class AttributeSchema(WireSchema):
    """A custom attribute's value. Which of the fields holds it depends on the type."""

    definition = fields.String(required=True, data_key="attributeDefinitionId")
    text = fields.String(load_default=None, data_key="stringValue")
    flag = fields.Boolean(load_default=None, data_key="booleanValue")
    moment = fields.Integer(load_default=None, data_key="dateValue")
    number = fields.String(load_default=None, data_key="numberValue")
    choice = fields.String(load_default=None, data_key="selectedValueId")
    choices = fields.List(fields.Nested(_Entity), load_default=list, data_key="selectedValues")
    entity = fields.String(load_default=None, data_key="entityId")
    references = fields.List(fields.Nested(ReferenceSchema), load_default=list, data_key="entityReferences")


class AddressSchema(WireSchema):
    id = fields.String(load_default=None)
    street = fields.String(load_default=None, data_key="street1")
    postcode = fields.String(load_default=None, data_key="zipcode")
    city = fields.String(load_default=None)
    country = fields.String(load_default=None, data_key="countryCode")
    primary = fields.Boolean(load_default=False, data_key="primaryAddress")


class PartySchema(_Entity):
    version = fields.String(required=True)
    changed = fields.Integer(required=True, data_key="lastModifiedDate")
    party_type = fields.String(required=True, data_key="partyType")
    email = fields.String(load_default=None)
    salutation = fields.String(load_default=None)
    title_id = fields.String(load_default=None, data_key="titleId")
    first_name = fields.String(load_default=None, data_key="firstName")
    last_name = fields.String(load_default=None, data_key="lastName")
    company = fields.String(load_default=None)
    person_company = fields.String(load_default=None, data_key="personCompany")
    phone = fields.String(load_default=None)
    mobile = fields.String(load_default=None, data_key="mobilePhone1")
    birthday = fields.Integer(load_default=None, data_key="birthDate")
    customer_number = fields.String(load_default=None, data_key="customerNumber")
    is_customer = fields.Boolean(load_default=False, data_key="customer")
    lead_status = fields.String(load_default=None, data_key="leadStatus")
    opt_in_email = fields.Boolean(load_default=False, data_key="optInEmail")
    opt_in_letter = fields.Boolean(load_default=False, data_key="optInLetter")
    opt_in_phone = fields.Boolean(load_default=False, data_key="optInPhone")
    opt_in_sms = fields.Boolean(load_default=False, data_key="optInSms")
    addresses = fields.List(fields.Nested(AddressSchema), load_default=list)
    people = fields.List(fields.Nested(_Entity), load_default=list, data_key="contacts")
    attributes = fields.List(fields.Nested(AttributeSchema), load_default=list, data_key="customAttributes")


class ChoiceSchema(_Entity):
    value = fields.String(load_default="")


class DefinitionSchema(_Entity):
    """A custom attribute's definition."""

    version = fields.String(load_default="")
    key = fields.String(required=True, data_key="attributeKey")
    label = fields.String(load_default="")
    type = fields.String(required=True, data_key="attributeType")
    refers_to = fields.String(load_default="", data_key="attributeEntityType")
    entities = fields.List(fields.String(), load_default=list)
    choices = fields.List(fields.Nested(ChoiceSchema), load_default=list, data_key="selectableValues")
    active = fields.Boolean(load_default=True)


class CampaignSchema(_Entity):
    name = fields.String(required=True, data_key="campaignName")
    number = fields.String(load_default=None, data_key="campaignNumber")


class ParticipantSchema(_Entity):
    campaign = fields.String(required=True, data_key="campaignId")
    party = fields.String(required=True, data_key="partyId")


class ConnectionSchema(_Entity):
    """A connection of weclapp's own to another service."""

    type = fields.String(required=True, data_key="connectionType")


class JobSchema(WireSchema):
    status = fields.String(required=True)


class UserSchema(_Entity):
    username = fields.String(load_default="")
    email = fields.String(load_default="")


class RightsSchema(WireSchema):
    """What the user of a token may do."""

    result = fields.List(fields.String(), required=True)


class CountSchema(WireSchema):
    result = fields.Integer(required=True)
