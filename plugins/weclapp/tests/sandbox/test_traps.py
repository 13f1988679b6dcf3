"""What weclapp does that a client would not expect, each as the documentation or integrators tell it."""

import json
from typing import Any

import pytest
from werkzeug.test import Client

from rundbrief_weclapp.testing import WeclappSandbox
from rundbrief_weclapp.testing.service import QUEUE, TOKEN


class Tenant:
    """A sandbox, asked over HTTP."""

    def __init__(self) -> None:
        self.box = WeclappSandbox()
        self._client = Client(self.box)

    def ask(self, method: str, path: str, body: Any = None, token: str = TOKEN) -> tuple[int, Any]:
        data = None if body is None else json.dumps(body)
        headers = {"AuthenticationToken": token, "Content-Type": "application/json"}
        response = self._client.open(f"/webapp/api/v2{path}", method=method, data=data, headers=headers)
        return response.status_code, json.loads(response.get_data() or b"null")

    def rows(self, path: str) -> list[Any]:
        status, answer = self.ask("GET", path)
        assert status == 200, answer
        return list(answer["result"])


@pytest.fixture
def tenant() -> Tenant:
    return Tenant()


@pytest.fixture
def ann(tenant: Tenant) -> str:
    fields = {"first_name": "Ann", "city": "Köln", "phone": "0221 1"}
    contact_id = tenant.box.add_contact("ann@example.org", fields)
    tenant.box.edit_raw(contact_id, tags=["VIP"])
    return contact_id


@pytest.mark.parametrize(
    "query", ["nonsense-eq=1", "contacts.id-eq=7", "addresses-null=", "email=x", "emailHome-eq=x"]
)
def test_a_filter_it_does_not_know_is_ignored_and_everything_comes(tenant: Tenant, ann: str, query: str) -> None:
    assert [one["id"] for one in tenant.rows(f"/party?{query}")] == [ann]


@pytest.mark.parametrize(
    "query", ["sort=nonsense", "properties=id,nonsense", "pageSize=1001", "page=0", "id-in=7"]
)
def test_an_order_property_or_page_it_does_not_know_is_refused(tenant: Tenant, ann: str, query: str) -> None:
    status, problem = tenant.ask("GET", f"/party?{query}")
    assert (status, problem["type"].rsplit("/")[-1]) == (400, "validation")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("email-eq=ann@example.org", 1),
        ("email-eq=ANN@example.org", 0),
        ("email-ilike=ANN@%25", 1),
        ("email-null=", 0),
        ("lastModifiedDate-ge=0", 1),
        ("customer-eq=true", 0),
        ("or-email-eq=x&or-customer-eq=false", 1),
        ("orA-email-eq=x&orA-customer-eq=true", 0),
    ],
)
def test_filters_it_knows(tenant: Tenant, ann: str, query: str, found: int) -> None:
    assert len(tenant.rows(f"/party?{query}")) == found
    assert tenant.ask("GET", f"/party/count?{query}") == (200, {"result": found})


def test_an_update_empties_whatever_it_does_not_name(tenant: Tenant, ann: str) -> None:
    _, party = tenant.ask("PUT", f"/party/id/{ann}", {"partyType": "PERSON", "email": "new@example.org"})
    assert party["email"] == "new@example.org"
    assert party.keys().isdisjoint({"firstName", "phone", "addresses"})
    assert party["tags"] == []


def test_with_the_switch_it_keeps_them_and_still_replaces_lists(tenant: Tenant, ann: str) -> None:
    body = {"lastName": "Öz", "tags": ["New"]}
    _, party = tenant.ask("PUT", f"/party/id/{ann}?ignoreMissingProperties=true", body)
    assert (party["firstName"], party["lastName"], party["tags"]) == ("Ann", "Öz", ["New"])
    assert party["addresses"][0]["city"] == "Köln"


def test_attributes_that_an_update_does_not_name_stay(tenant: Tenant, ann: str) -> None:
    first = tenant.box.define_attribute("first", "First", "BOOLEAN")
    second = tenant.box.define_attribute("second", "Second", "BOOLEAN")
    for one in (first, second):
        value = {"attributeDefinitionId": one, "booleanValue": True}
        tenant.ask("PUT", f"/party/id/{ann}?ignoreMissingProperties=true", {"customAttributes": [value]})
    _, party = tenant.ask("GET", f"/party/id/{ann}")
    assert {one["attributeDefinitionId"] for one in party["customAttributes"]} == {first, second}


def test_a_value_in_the_wrong_field_vanishes_without_a_word(tenant: Tenant, ann: str) -> None:
    attribute = tenant.box.define_attribute("first", "First", "BOOLEAN")
    value = {"attributeDefinitionId": attribute, "stringValue": "true"}
    status, party = tenant.ask(
        "PUT", f"/party/id/{ann}?ignoreMissingProperties=true", {"customAttributes": [value]}
    )
    assert (status, party["customAttributes"]) == (200, [])


def test_an_old_version_is_refused(tenant: Tenant, ann: str) -> None:
    _, party = tenant.ask("GET", f"/party/id/{ann}")
    tenant.box.edit_contact(ann, fields={"city": "Kiel"})
    body = {"version": party["version"], "lastName": "Öz"}
    status, problem = tenant.ask("PUT", f"/party/id/{ann}?ignoreMissingProperties=true", body)
    assert (status, problem["type"].rsplit("/")[-1]) == (409, "optimistic_lock")


@pytest.mark.parametrize(
    "body", [{"name": "Ann"}, {"id": "7", "partyType": "PERSON"}, {"partyType": "CUSTOMER"}, {}]
)
def test_unknown_read_only_wrong_and_missing_properties_are_refused(tenant: Tenant, body: Any) -> None:
    assert tenant.ask("POST", "/party", body)[0] == 400


def test_a_definition_for_parties_needs_an_older_entity_beside_it(tenant: Tenant) -> None:
    body = {"attributeKey": "k", "label": "K", "attributeType": "BOOLEAN", "entities": ["party"]}
    assert tenant.ask("POST", "/customAttributeDefinition", body)[0] == 400
    assert tenant.ask("POST", "/customAttributeDefinition", body | {"legacyEntities": ["lead"]})[0] == 201
    assert tenant.ask("POST", "/customAttributeDefinition", body | {"legacyEntities": ["lead"]})[0] == 400


def test_what_is_mandatory_is_insisted_on_by_updates_too(tenant: Tenant, ann: str) -> None:
    tenant.box.define_attribute("number", "Nummer", "STRING", mandatory=True)
    assert tenant.ask("PUT", f"/party/id/{ann}?ignoreMissingProperties=true", {"lastName": "Öz"})[0] == 400


def test_a_list_may_be_stale_right_after_a_write_and_a_single_party_never_is(tenant: Tenant, ann: str) -> None:
    tenant.box.stale_lists = 1
    tenant.ask("PUT", f"/party/id/{ann}?ignoreMissingProperties=true", {"lastName": "Öz"})
    assert tenant.ask("GET", f"/party/id/{ann}")[1]["lastName"] == "Öz"
    assert "lastName" not in tenant.rows("/party")[0]
    assert tenant.rows("/party")[0]["lastName"] == "Öz"


def test_what_was_deleted_shows_in_no_list(tenant: Tenant, ann: str) -> None:
    assert tenant.ask("DELETE", f"/party/id/{ann}") == (204, None)
    assert tenant.rows("/party?lastModifiedDate-ge=0") == []
    assert tenant.ask("GET", f"/party/id/{ann}")[0] == 404


def test_a_dry_run_changes_nothing(tenant: Tenant, ann: str) -> None:
    body = {"lastName": "Öz"}
    status, party = tenant.ask("PUT", f"/party/id/{ann}?ignoreMissingProperties=true&dryRun=true", body)
    assert (status, party["lastName"], "version" in party) == (200, "Öz", False)
    assert "lastName" not in tenant.ask("GET", f"/party/id/{ann}")[1]


def test_tokens_and_rights(tenant: Tenant, ann: str) -> None:
    assert tenant.ask("GET", "/party", token="wrong")[0] == 401
    tenant.box.forbid("entity-party-update")
    assert tenant.ask("GET", "/party")[0] == 200
    assert tenant.ask("PUT", f"/party/id/{ann}", {"partyType": "PERSON"})[0] == 403
    assert "entity-party-update" not in tenant.rows("/system/permissions")


def test_requests_beyond_the_queue_are_refused(tenant: Tenant) -> None:
    tenant.box.concurrency = -QUEUE
    assert tenant.ask("GET", "/party")[0] == 429


def test_pages_begin_with_one_and_no_value_is_no_property(tenant: Tenant) -> None:
    ids = tenant.box.seed(5)
    assert [one["id"] for one in tenant.rows("/party?pageSize=2&page=2&sort=id")] == list(ids[2:4])
    assert "middleName" not in tenant.rows("/party?pageSize=1")[0]
    assert all(isinstance(one["version"], str) for one in tenant.rows("/party"))
