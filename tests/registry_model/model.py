"""The rules of versions as the specification words them, on plain values: what a registry must be after each step."""

from dataclasses import dataclass, field, replace

DRAFT, PUBLISHED, DEPRECATED, ARCHIVED = "DRAFT", "PUBLISHED", "DEPRECATED", "ARCHIVED"


class Refused(Exception):
    """The step must be refused, and change nothing."""


@dataclass(frozen=True)
class Content:
    """`data` decides which rows there are; `ttl` what else makes a version; `text` changes in place."""

    data: int
    ttl: int
    text: int


@dataclass
class Version:
    content: Content
    state: str = DRAFT


@dataclass
class View:
    content: Content
    versions: dict[int, Version] = field(default_factory=dict[int, Version])
    current: int | None = None
    covered: set[int] = field(default_factory=set[int])
    """The data fingerprints that runs have made."""

    @property
    def latest(self) -> int:
        return max(self.versions)


@dataclass
class Service:
    """Pins by version; `written` is the entry as it stands in the document: a view, or a view's number."""

    versions: dict[int, tuple[str, int]] = field(default_factory=dict[int, tuple[str, int]])
    written: dict[int, tuple[str, int | None]] = field(default_factory=dict[int, tuple[str, int | None]])

    @property
    def latest(self) -> int:
        return max(self.versions)


@dataclass
class Model:
    views: dict[str, View] = field(default_factory=dict[str, View])
    services: dict[str, Service] = field(default_factory=dict[str, Service])
    used: dict[tuple[str, str], int] = field(default_factory=dict[tuple[str, str], int])
    """The last number that each kind and name has ever had."""

    def apply_view(self, name: str, content: Content) -> None:
        view = self.views.setdefault(name, View(content))
        if view.versions and replace(view.versions[view.latest].content, text=content.text) == content:
            view.content = content
            view.versions[view.latest].content = content
            self._publish_if_covered(view, view.latest)
            return
        before = view.latest if view.versions else None
        number = self._next("view", name)
        view.content = content
        view.versions[number] = Version(content)
        superseded = before is not None and view.versions[before].state == DRAFT
        if superseded and before is not None:
            view.versions[before].state = ARCHIVED
        self._publish_if_covered(view, number)
        if superseded:
            for service_name, service in self.services.items():
                if service.versions[service.latest] == (name, before):
                    self._add(service_name, service, (name, number), service.written[service.latest])

    def _publish_if_covered(self, view: View, number: int) -> None:
        version = view.versions[number]
        if version.state != DRAFT or version.content.data not in view.covered:
            return
        version.state = PUBLISHED
        view.current = number

    def apply_service(self, name: str, view_name: str, number: int | None) -> None:
        view = self.views.get(view_name)
        service = self.services.get(name)
        if service is not None and service.written[service.latest] == (view_name, number):
            return
        if view is None:
            raise Refused
        pinned = view.latest if number is None else number
        if pinned not in view.versions or view.versions[pinned].state in (DEPRECATED, ARCHIVED):
            raise Refused
        service = self.services.setdefault(name, Service())
        if service.versions and service.versions[service.latest] == (view_name, pinned):
            service.written[service.latest] = (view_name, number)
            return
        self._add(name, service, (view_name, pinned), (view_name, number))

    def _add(self, name: str, service: Service, pin: tuple[str, int], written: tuple[str, int | None]) -> None:
        number = self._next("service", name)
        service.versions[number] = pin
        service.written[number] = written

    def run(self, name: str, number: int) -> None:
        """One that succeeds, over all there is."""
        view, version = self._version(name, number)
        if version.state == ARCHIVED:
            raise Refused
        view.covered.add(version.content.data)
        for draft in sorted(view.versions):
            forward = view.current is None or draft > view.current
            if view.versions[draft].content.data == version.content.data and forward:
                self._publish_if_covered(view, draft)

    def publish(self, name: str, number: int) -> None:
        view, version = self._version(name, number)
        if version.state in (DEPRECATED, ARCHIVED) or version.content.data not in view.covered:
            raise Refused
        version.state = PUBLISHED
        view.current = number

    def deprecate(self, name: str, number: int) -> None:
        _, version = self._version(name, number)
        if version.state in (DRAFT, ARCHIVED):
            raise Refused
        version.state = DEPRECATED

    def archive(self, name: str, number: int) -> None:
        view, version = self._version(name, number)
        if version.state == ARCHIVED:
            return
        if self.users(name, number) or view.current == number:
            raise Refused
        version.state = ARCHIVED

    def delete_view(self, name: str) -> None:
        if name not in self.views or self.users(name):
            raise Refused
        del self.views[name]

    def delete_service(self, name: str, number: int | None) -> None:
        service = self.services.get(name)
        if service is None or (number is not None and number not in service.versions):
            raise Refused
        for gone in [number] if number is not None else list(service.versions):
            del service.versions[gone]
        if not service.versions:
            del self.services[name]

    def delete_ground(self) -> None:
        """The entity, or the source, that all views read."""
        if self.views:
            raise Refused

    def users(self, view: str, number: int | None = None) -> list[str]:
        return [
            f"{name}@{at}"
            for name, service in sorted(self.services.items())
            for at, pin in sorted(service.versions.items())
            if pin[0] == view and number in (None, pin[1])
        ]

    def _version(self, name: str, number: int) -> tuple[View, Version]:
        view = self.views.get(name)
        if view is None or number not in view.versions:
            raise Refused
        return view, view.versions[number]

    def _next(self, kind: str, name: str) -> int:
        number = self.used.get((kind, name), 0) + 1
        self.used[kind, name] = number
        return number
