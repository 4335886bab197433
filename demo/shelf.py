"""A small stock keeper: what lies on which shelf, what is running out, and what it is all worth."""

import csv
import logging
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

logger = logging.getLogger(__name__)


class OutOfStock(Exception):
    """Raised when more is taken than there is."""

    def __init__(self, name, wanted, available):
        super().__init__(f"{name}: {wanted} wanted, {available} available")
        self.name = name
        self.wanted = wanted
        self.available = available


@dataclass
class Item:
    name: str
    quantity: int = 0
    price: float = 0.0
    tags: list[str] = field(default_factory=list)

    @property
    def value(self) -> float:
        """What all pieces are worth together."""
        return self.quantity * self.price

    def take(self, count: int) -> None:
        if count < 0:
            raise ValueError("count must not be negative")
        if count > self.quantity:
            raise OutOfStock(self.name, count, self.quantity)
        self.quantity -= count


class Shelf:
    """Items by name, with a limit below which they are ordered again."""

    def __init__(self, label: str, limit: int = 5):
        self.label = label
        self.limit = limit
        self.items: dict[str, Item] = {}

    def add(self, item: Item) -> Item:
        known = self.items.get(item.name)
        if known is None:
            self.items[item.name] = item
            return item
        known.quantity += item.quantity
        return known

    def take(self, name: str, count: int) -> Item:
        try:
            item = self.items[name]
        except KeyError:
            raise OutOfStock(name, count, 0) from None
        item.take(count)
        return item

    def total(self) -> float:
        return sum(item.value for item in self.items.values())

    def running_out(self) -> list[Item]:
        short = []
        for item in self.items.values():
            if item.quantity < self.limit:
                short.append(item)
        return sorted(short, key=lambda item: item.quantity)

    def by_tag(self) -> dict[str, list[Item]]:
        groups = defaultdict(list)
        for item in self.items.values():
            for tag in item.tags:
                groups[tag].append(item)
        return dict(groups)

    def __len__(self) -> int:
        return len(self.items)

    def __repr__(self) -> str:
        return f"Shelf({self.label!r}, {len(self)} items)"


def load(path: Path, label: str = "Käse 🧀") -> Shelf:
    shelf = Shelf(label)
    with open(path, newline="", encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            try:
                item = Item(row["name"], int(row["quantity"]), float(row["price"]))
            except (KeyError, ValueError) as error:
                logger.warning("%s: row ignored: %s", path, error)
                continue
            shelf.add(item)
    return shelf


def save(shelf: Shelf, path: Path) -> None:
    with open(path, "w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["name", "quantity", "price"])
        for item in shelf.items.values():
            writer.writerow([item.name, item.quantity, item.price])
