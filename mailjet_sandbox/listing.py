"""From a path and a query to Mailjet's envelope: one page of a resource, one object, or a count."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from mailjet_sandbox.account import View
from mailjet_sandbox.query import PAGING, Query, RefusedError
from mailjet_sandbox.resources import RESOURCES, Resource
from mailjet_sandbox.rows import Row
from mailjet_sandbox.spelling import spelt
from mailjet_sandbox.switches import Switches

_KEPT = 64


@runtime_checkable
class Bulk(Protocol):
    """A selection that may be too long to be looked at one by one: in order of the field `order`, if it has one."""

    order: str

    def rows(self, query: Query) -> list[Row] | None:
        """The rows of all that it holds, None where each is to be written by itself."""
        ...


class Listings:
    """Answers what the API is asked; keeps the latest selections, as their pages are asked for one by one."""

    def __init__(self) -> None:
        self._selected: OrderedDict[Any, tuple[View, Sequence[Any]]] = OrderedDict()

    def envelope(self, path: str, parameters: Mapping[str, str], view: View, switches: Switches) -> Row:
        """The body of a 200; raises `RefusedError` for what gets another status. `path` is after `/v3/REST/`."""
        name, _, identity = path.partition("/")
        resource = RESOURCES.get(name)
        if resource is None:
            raise RefusedError(400, f'Unknown resource: "{name}"')
        if name in switches.forbidden:
            raise RefusedError(403, "Access to this resource is forbidden for this API key")
        _refuse_unknown(resource, parameters)
        if identity and resource.find:
            query = Query(view, parameters, switches, single=True)
            return _enveloped([spelt(_find(resource, query, identity), name, switches)])
        if identity:
            parameters = {**parameters, **_owner(name, identity)}
        return self._page(name, resource, Query(view, parameters, switches))

    def _page(self, name: str, resource: Resource, query: Query) -> Row:
        found = self._select(name, resource, query)
        if query.integer("countOnly") == 1:
            return {"Count": len(found), "Data": [], "Total": len(found)}
        if "Sort" in query.parameters:
            found = _sort(found, resource, query.parameters["Sort"])
        offset = query.integer("Offset") or 0
        page = found[offset : offset + query.limit()]
        return _enveloped([spelt(row, name, query.switches) for row in _rows(page, resource, query)])

    def _select(self, name: str, resource: Resource, query: Query) -> Sequence[Any]:
        filters = {key: value for key, value in query.parameters.items() if key not in PAGING}
        key = (name, query.switches, *sorted(filters.items()))
        kept = self._selected.get(key)
        if kept is None or kept[0] is not query.view:
            kept = self._selected[key] = (query.view, resource.select(query))
        self._selected.move_to_end(key)
        while len(self._selected) > _KEPT:
            self._selected.popitem(last=False)
        return kept[1]


def _enveloped(page: list[Row]) -> Row:
    """`Count` and `Total` are both the rows of this page, as they are at Mailjet."""
    return {"Count": len(page), "Data": page, "Total": len(page)}


def _rows(page: Sequence[Any], resource: Resource, query: Query) -> list[Row]:
    written = page.rows(query) if isinstance(page, Bulk) else None
    return [resource.row(item, query) for item in page] if written is None else written


def _refuse_unknown(resource: Resource, parameters: Mapping[str, str]) -> None:
    unknown = sorted(set(parameters) - PAGING - resource.filters)
    if unknown:
        raise RefusedError(400, f"Unknown filter: {', '.join(unknown)}")


def _find(resource: Resource, query: Query, identity: str) -> Row:
    found = resource.find(query, int(identity)) if resource.find and identity.isascii() and identity.isdigit() else None
    if found is None:
        raise RefusedError(404, "Object not found")
    return resource.row(found, query)


def _owner(name: str, identity: str) -> dict[str, str]:
    if name != "messagehistory":
        raise RefusedError(404, "Object not found")
    return {"Message": identity}


def _sort(found: Sequence[Any], resource: Resource, sort: str) -> Sequence[Any]:
    field, _, direction = sort.replace("+", " ").partition(" ")
    if field not in resource.sorts or direction.upper() not in {"", "ASC", "DESC"}:
        raise RefusedError(400, f"Cannot sort on field {field}")
    descending = direction.upper() == "DESC"
    if isinstance(found, Bulk) and found.order == field:
        backwards: Sequence[Any] = found[::-1]
        return backwards if descending else found
    return sorted(found, key=resource.sorts[field], reverse=descending)
