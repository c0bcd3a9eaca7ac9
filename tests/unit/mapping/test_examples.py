"""What the runner of examples itself promises."""

from __future__ import annotations

import pytest

from bridge.ami.message import Action
from bridge.ami.replies import success
from bridge.mapping.examples import context_of, failures, messages_of, text_of, world_of
from bridge.mapping.rules import Example, ExampleBridge, ExampleChannel, ExampleWorld, Exchange, Mapping
from bridge.translate.effects import Call, Context, Done, Emit, Translation, Translator, Wait


@pytest.mark.parametrize("owner", ["ours", "foreign", "dialplan", "unknown"])
def test_a_channel_has_the_owner_that_is_asked_for(owner: str) -> None:
    channel = ExampleChannel(id="1.1", name="PJSIP/a-1", owner=owner)  # type: ignore[arg-type]  # one of the four
    world = world_of(
        ExampleWorld(channels=(channel,), bridges=(ExampleBridge(id="b", channels=("1.1",)),)), ("mine", "x")
    )
    assert world.owner("1.1").owner.value == owner
    assert world.bridges["b"].channels == ("1.1",)
    found = world.find("pjsip/A-1")
    assert found is not None
    assert (found.context, found.exten, found.priority, found.language) == ("default", "s", 1, "en")


def test_ids_are_counted() -> None:
    context = context_of(Example(name="x", answer=""))
    assert [context.new_id(), context.new_id()] == ["new-1", "new-2"]
    assert (context.version, context.apps, context.user) == ((22, 10, 1), ("bridge",), "example")


def _waiting(action: Action, context: Context) -> Translation:
    yield Call("channels.get", {"channelId": "1.1"})
    event = yield Wait(lambda event: event.type == "ChannelDestroyed", 1.0)
    yield Emit(success(action, "gone" if event else "still there"))
    return Done()


MAPPING = Mapping("Test", "<none>", "read", "exact", "ari", (22,), translator="python", operations=("channels.list",))
ASKED = (Exchange("GET /channels/1.1"),)


def test_events_arrive_and_null_is_the_time_running_out() -> None:
    translator = Translator("Test", _waiting, "read", waits=True)
    gone = Example("gone", ari=ASKED, events=({"type": "ChannelDestroyed"},), answer="Response: Success\nMessage: gone")
    late = Example("late", ari=ASKED, events=(None,), answer="Response: Success\nMessage: still there")
    for example in (gone, late):
        assert list(failures(MAPPING, translator, example)) == ["channels.get is not among the mapping's operations"]


def test_messages_as_text() -> None:
    text = "Response: Success\nMessage: a: b\nEmpty:\n\nEvent: X\n"
    messages = messages_of(text)
    assert [message.headers for message in messages] == [
        (("Response", "Success"), ("Message", "a: b"), ("Empty", "")),
        (("Event", "X"),),
    ]
    assert messages_of(text_of(messages)) == messages
    assert messages_of("\n") == []
