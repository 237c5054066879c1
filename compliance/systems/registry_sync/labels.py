"""What the names of flows have in common: how they are made of a label and an action, as far as anybody can tell."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from compliance.systems.registry_sync.policy import ACTIONS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from compliance.systems.registry_sync.senders import Sent


class Labels:
    """`[DOT-REG] WCR Create -> AD`: three names differ in the action, and those of two collections in the label."""

    def __init__(self, found: Mapping[str, Mapping[str, Sent]], notes: list[str]) -> None:
        self.found, self.notes = found, notes

    def named(self) -> tuple[dict[str, Any], dict[str, str]]:
        """`names` of policy, and a label for each collection."""
        parts = {
            name: split([actions[action].flow.name for action in ACTIONS])
            for name, actions in self.found.items()
        }
        befores = [before for before, _, _ in parts.values()]
        head, found, joint = split(befores) if len(befores) > 1 else _alone(befores[0])
        labels = {name: label or name for name, label in zip(parts, found, strict=True)}
        words, tail = Counter((words, after) for _, words, after in parts.values()).most_common(1)[0][0]
        names = {
            "flow": f"{head}{{label}}{joint}{{action}}{tail}",
            "helper": self._helper(),
            "actions": dict(zip(ACTIONS, words, strict=True)),
        }
        self._note(names, labels)
        return names, labels

    def _helper(self) -> str:
        """Around the name of the flow that calls it."""
        sent = [each for actions in self.found.values() for each in actions.values() if each.helper is not None]
        around = Counter(
            each.helper.name.replace(each.flow.name, "{flow}")
            for each in sent
            if each.helper is not None and each.flow.name in each.helper.name
        )
        return around.most_common(1)[0][0] if around else "{flow} (one document)"

    def _note(self, names: Mapping[str, Any], labels: Mapping[str, str]) -> None:
        for name, actions in self.found.items():
            for action in ACTIONS:
                expected = names["flow"].replace("{label}", labels[name])
                expected = expected.replace("{action}", names["actions"][action])
                if actions[action].flow.name != expected:
                    self.notes.append(f"will be set up as '{expected}': {actions[action].flow.name}")


def split(names: Sequence[str]) -> tuple[str, tuple[str, ...], str]:
    """What names begin with, the words in which they differ, and what they end with; cut between words."""
    head = _to_word(_common(names))
    rests = [name[len(head) :] for name in names]
    tail = _to_word(_common([rest[::-1] for rest in rests]))[::-1]
    return head, tuple(rest[: len(rest) - len(tail)] for rest in rests), tail


def _alone(before: str) -> tuple[str, tuple[str, ...], str]:
    """Of one collection nothing tells what is not its label, but for what stands before the action."""
    end = len(before) - len(before.rstrip("".join({letter for letter in before if not letter.isalnum()})))
    return "", (before[: len(before) - end],), before[len(before) - end :]


def _common(texts: Sequence[str]) -> str:
    """What all of them begin with."""
    least, greatest = min(texts), max(texts)
    same = (one == other for one, other in zip(least, greatest, strict=False))
    return least[: next((n for n, equal in enumerate(same) if not equal), min(len(least), len(greatest)))]


def _to_word(text: str) -> str:
    """Without the letters that it ends with: they may be the beginning of a longer word."""
    return text.rstrip("".join({letter for letter in text if letter.isalnum()}))
