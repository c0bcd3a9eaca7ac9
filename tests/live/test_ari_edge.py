"""The connection to ARI before real Asterisks: listing, events, ownership, and every way to lose it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

import pytest

from bridge.ari.description import Operation
from bridge.ari.operations import OPERATIONS
from bridge.lab import Asterisk
from bridge.net.ari_state import Phase
from bridge.world.ownership import Owner
from tests.conftest import FreshAsterisk
from tests.harness.asterisk import AsteriskPool, ami, ari
from tests.harness.cutting_proxy import CuttingProxy
from tests.harness.gateway import Gateway, gateway, live_gateway
from tools.gen_ari_operations import merge, read, reader

OURS, FOREIGN, DIALPLAN, UNKNOWN = Owner.OURS, Owner.FOREIGN, Owner.DIALPLAN, Owner.UNKNOWN


def test_the_table_of_operations_is_what_both_asterisks_describe(asterisk_pool: AsteriskPool) -> None:
    described: dict[str, Operation] = {}
    for version in ("16", "22"):
        instance = asterisk_pool.get(version)
        url = instance.ari_url.replace("://", "://bridge:secret@")
        described = merge(described, read(int(version), reader(url)))
    assert described == OPERATIONS


async def test_connect_and_list(asterisk: Asterisk) -> None:
    with ari(asterisk) as raw:
        status, before = raw.post("/channels", endpoint="Local/wait@default", extension="wait", context="default")
        assert status == 200
        async with live_gateway(asterisk.ari_url) as made:
            assert made.version[0] == int(asterisk.version)
            assert made.state.transport == ("http" if asterisk.version == "16" else "websocket")
            found = made.world.find(before["name"].upper())
            assert found is not None
            assert found.id == before["id"]
            assert made.world.owner(found.id).owner is DIALPLAN
            assert ("PJSIP", "alice") in made.world.endpoints
            raw.delete(f"/channels/{before['id']}")
            await made.until(lambda: not made.world.channels)


async def test_events_of_every_channel_and_bridge_arrive(asterisk: Asterisk) -> None:
    async with live_gateway(asterisk.ari_url) as made:
        with ari(asterisk) as raw:
            raw.post("/channels/one", endpoint="Local/wait@default", extension="wait", context="default")
            await made.until_event("ChannelCreated", "one")
            raw.post("/bridges/own")
            await made.until(lambda: "own" in made.world.bridges)
            raw.delete("/bridges/own")
            await made.until(lambda: "own" not in made.world.bridges)
        kinds = [one.type for one in made.seen if one and one.channel_id == "one"]
        assert len([kind for kind in kinds if kind == "ChannelCreated"]) == 1, "each event comes once"


async def test_values_survive_both_transports(asterisk: Asterisk) -> None:
    value = "a+b%20c&d=é \"q\",'s'\\ #?;/"
    async with live_gateway(asterisk.ari_url) as made:
        answer = await made.ask(
            "channels.originateWithId",
            channelId="id with/odd;chars",
            endpoint="Local/wait@default",
            app="bridge",
            variables={"ODD": value},
        )
        assert answer.status == 200
        got = await made.ask("channels.getChannelVar", channelId="id with/odd;chars", variable="ODD")
        assert got.body == {"value": value}
        gone = await made.ask("channels.getChannelVar", channelId="nobody", variable="ODD")
        assert (gone.status, gone.message) == (404, "Provided channel was not found")


# -- ownership: as the events tell it, and as a bridge that starts afterwards finds it ---------------------------------


async def owners(made: Gateway, expected: dict[str, Owner], listed: dict[str, Owner], asterisk: Asterisk) -> None:
    """Check the owners by the events, then by the listing of another bridge that comes after this one."""

    def now(which: Gateway, wanted: dict[str, Owner]) -> dict[str, Owner]:
        return {identity: which.world.owner(identity).owner for identity in wanted}

    try:
        await made.until(lambda: now(made, expected) == expected)
    except TimeoutError:
        assert now(made, expected) == expected
    await made.close()
    async with live_gateway(asterisk.ari_url) as second:
        assert now(second, listed) == listed


async def originate(made: Gateway, channel_id: str, endpoint: str, **where: str) -> None:
    answer = await made.ask(
        "channels.originateWithId",
        channelId=channel_id,
        otherChannelId=f"{channel_id}-2",
        endpoint=f"Local/{endpoint}@default",
        **(where or {"extension": "wait", "context": "default"}),
    )
    assert answer.ok, answer


async def test_dialplan_stasis(asterisk: Asterisk) -> None:
    async with live_gateway(asterisk.ari_url) as made:
        await originate(made, "c", "stasis-answered")
        await owners(made, {"c": DIALPLAN, "c-2": OURS}, {"c": DIALPLAN, "c-2": OURS}, asterisk)


async def test_originated_into_our_app(asterisk: Asterisk) -> None:
    async with live_gateway(asterisk.ari_url) as made:
        await originate(made, "r", "ringing", app="bridge")
        await originate(made, "c", "wait", app="bridge", appArgs=r'"q,r",s\,t')
        start = await made.until_event("StasisStart", "c")
        assert start.data["args"] == ["q,r", "s,t"]
        expected = {"c": OURS, "c-2": DIALPLAN, "r": DIALPLAN, "r-2": DIALPLAN}
        await owners(made, expected, expected, asterisk)


async def test_created_and_dialled(asterisk: Asterisk) -> None:
    async with live_gateway(asterisk.ari_url) as made:
        created = await made.ask("channels.create", endpoint="Local/ringing@default", app="bridge", channelId="c")
        assert created.ok
        await made.until(lambda: made.world.owner("c").owner is OURS)
        assert made.world.channels["c"].state == "Down"
        assert (await made.ask("channels.dial", channelId="c")).ok
        await made.until(lambda: made.world.channels["c"].state == "Ringing")
        await owners(made, {"c": OURS}, {"c": OURS}, asterisk)


async def test_moved_to_a_foreign_app(asterisk: Asterisk) -> None:
    with ari(asterisk) as raw, raw.events("foreign"):
        async with live_gateway(asterisk.ari_url) as made:
            await originate(made, "c", "stasis-answered")
            await originate(made, "d", "stasis-answered")
            await made.until(lambda: made.world.owner("c-2").owner is OURS and made.world.owner("d-2").owner is OURS)
            # One moved by us, one by somebody else.
            assert (await made.ask("channels.move", channelId="c-2", app="foreign")).ok
            assert raw.post("/channels/d-2/move", app="foreign")[0] == 204
            await made.until_event("StasisEnd", "c-2")
            await made.until_event("StasisEnd", "d-2")
            assert made.world.owner("c-2").app == "foreign"
            # The listing names us for good: only the other app's subscription tells.
            assert made.world.channels["c-2"].app_data == "bridge,a,b"
            await owners(made, {"c-2": FOREIGN, "d-2": UNKNOWN}, {"c-2": UNKNOWN, "d-2": UNKNOWN}, asterisk)


async def test_a_move_that_fails(asterisk: Asterisk) -> None:
    async with live_gateway(asterisk.ari_url) as made:
        await originate(made, "c", "stasis-answered")
        await made.until(lambda: made.world.owner("c-2").owner is OURS)
        assert (await made.ask("channels.move", channelId="c-2", app="nobody")).ok
        await made.until_event("ApplicationMoveFailed", "c-2")
        await owners(made, {"c-2": OURS}, {"c-2": OURS}, asterisk)


async def test_continued(asterisk: Asterisk) -> None:
    async with live_gateway(asterisk.ari_url) as made:
        await originate(made, "c", "stasis-answered")
        await originate(made, "d", "wait", app="bridge")
        await made.until(lambda: made.world.owner("c-2").owner is OURS and made.world.owner("d").owner is OURS)
        for channel_id in ("c-2", "d"):
            place = {"context": "default", "extension": "wait"}
            assert (await made.ask("channels.continueInDialplan", channelId=channel_id, **place)).ok
        expected = {"c-2": DIALPLAN, "d": DIALPLAN}
        await owners(made, expected, expected, asterisk)


async def test_snoop(asterisk: Asterisk) -> None:
    async with live_gateway(asterisk.ari_url) as made:
        await originate(made, "c", "wait")
        await made.until_event("ChannelDialplan", "c-2")
        answer = await made.ask(
            "channels.snoopChannelWithId", channelId="c", snoopId="snoop", app="bridge", spy="both", appArgs="x"
        )
        assert answer.ok
        await owners(made, {"c": DIALPLAN, "snoop": OURS}, {"c": DIALPLAN, "snoop": OURS}, asterisk)


async def test_in_a_foreign_app(asterisk: Asterisk) -> None:
    with ari(asterisk) as raw, raw.events("otherapp") as events:
        async with live_gateway(asterisk.ari_url) as made:
            await originate(made, "c", "otherapp")
            events.wait("StasisStart")
            await made.until(lambda: (found := made.world.find("c-2")) and found.in_stasis)
            assert made.world.owner("c-2").app == "otherapp"
            await owners(made, {"c-2": FOREIGN}, {"c-2": FOREIGN}, asterisk)


async def test_a_control_answer_does_not_make_it_ours(asterisk: Asterisk) -> None:
    with ari(asterisk) as raw, raw.events("otherapp") as events:
        async with live_gateway(asterisk.ari_url) as made:
            await originate(made, "c", "otherapp")
            events.wait("StasisStart")
            # Asterisk lets anybody do anything to any app's channel.
            assert (await made.ask("channels.answer", channelId="c-2")).ok
            assert made.world.owner("c-2").owner is FOREIGN


async def test_quoted_application_name(asterisk: Asterisk) -> None:
    async with live_gateway(asterisk.ari_url) as made:
        with ami(asterisk) as native:
            native.action(
                "Originate",
                Channel="Local/wait@default",
                Application="Stasis",
                Data='"bridge",x\\,y,"c,d"',
                ChannelId="q",
                Async="true",
            )
        start = await made.until_event("StasisStart", "q")
        assert start.data["args"] == ["x,y", "c,d"]
        await owners(made, {"q": OURS}, {"q": OURS}, asterisk)


async def test_taken_away_by_ami(asterisk: Asterisk) -> None:
    async with live_gateway(asterisk.ari_url) as made:
        for name in ("c", "d", "e"):
            await originate(made, name, "stasis-answered")
        await made.until(lambda: all(made.world.owner(f"{name}-2").owner is OURS for name in "cde"))
        with ami(asterisk) as native:
            native.action("Redirect", Channel="c-2", Context="default", Exten="wait", Priority="1")
            native.action("Bridge", Channel1="d-2", Channel2="e-2")
        expected = {"c-2": DIALPLAN, "d-2": DIALPLAN, "e-2": DIALPLAN}
        await owners(made, expected, expected, asterisk)


async def test_hung_up_while_we_were_away(asterisk: Asterisk) -> None:
    async with live_gateway(asterisk.ari_url) as made:
        await originate(made, "c", "stasis-answered")
        await made.until(lambda: made.world.owner("c-2").owner is OURS)
        with CuttingProxy(("127.0.0.1", asterisk.ports.http)) as relay:
            await made.close()
            async with live_gateway(f"http://127.0.0.1:{relay.port}/ari") as second:
                assert second.world.owner("c-2").owner is OURS
                relay.refuse = True
                relay.cut()
                await second.until_phase(Phase.DOWN)
                with ari(asterisk) as raw:
                    raw.delete("/channels/c")
                relay.refuse = False
                await second.until_phase(Phase.LIVE)
                await second.until(lambda: "c-2" not in second.world.channels)
                assert None in second.seen


# -- losing the connection ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["16", "22"])
async def test_a_killed_asterisk_is_noticed_and_found_again(fresh_asterisk: FreshAsterisk, version: str) -> None:
    instance = fresh_asterisk(version)
    async with live_gateway(instance.ari_url) as made:
        await originate(made, "c", "stasis-answered")
        await made.until(lambda: made.world.owner("c-2").owner is OURS)
        instance.kill()
        await made.until(lambda: not made.live)
        answer = await made.ask("channels.list")
        assert answer.not_sent, answer
        await asyncio.to_thread(instance.start)
        await made.until_phase(Phase.LIVE, 15)
        assert made.world.channels == {}
        assert made.seen[-1] is None or None in made.seen


@pytest.mark.parametrize("version", ["16", "22"])
async def test_a_dead_peer_is_noticed_in_time(fresh_asterisk: FreshAsterisk, version: str) -> None:
    instance = fresh_asterisk(version)
    settings = {"ping_interval": 0.3, "ping_timeout": 0.5, "request_timeout": 0.5}
    async with live_gateway(instance.ari_url, **settings) as made:
        instance.pause()
        began = time.monotonic()
        answer = await made.ask("channels.list")
        assert answer.unknown, answer
        await made.until(lambda: not made.live)
        # Interval, timeout, and a second for the closing that nobody answers.
        assert time.monotonic() - began < 0.3 + 0.5 + 1.0 + 0.5
        instance.resume()
        await made.until_phase(Phase.LIVE, 10)


async def test_an_asterisk_that_is_not_there() -> None:
    async with gateway("http://127.0.0.1:9/ari") as made:
        await made.until_phase(Phase.DOWN)
        assert "127.0.0.1" in made.state.error
        assert (await made.ask("channels.list")).not_sent
        assert not await made.wait_live(0.01)


async def test_another_program_takes_the_application(asterisk: Asterisk, caplog: pytest.LogCaptureFixture) -> None:
    async with live_gateway(asterisk.ari_url) as made:
        with ari(asterisk) as raw, raw.events("bridge") as thief:
            await made.until_phase(Phase.REPLACED)
            assert made.seen[-1] is None
            assert "another program has registered" in caplog.text
            connects = made.state.connects
            # Many times the pause between attempts: there is no attempt.
            await asyncio.sleep(1.0)
            assert (made.state.phase, made.state.connects) == (Phase.REPLACED, connects)
            # Requests still work.
            assert (await made.ask("asterisk.ping")).ok
            made.retake()
            await made.until_phase(Phase.LIVE)
            thief.wait("ApplicationReplaced")


async def test_a_wrong_password(asterisk: Asterisk, caplog: pytest.LogCaptureFixture) -> None:
    async with gateway(asterisk.ari_url, password="wrong-password") as made:
        await made.until_phase(Phase.REFUSED)
        assert made.state.error == "wrong ARI user or password"
        await asyncio.sleep(0.5)
        assert made.phases.count(Phase.REFUSED) == 1, "it is not tried again and again"
        assert "wrong-password" not in caplog.text + repr(made.state) + repr(made._target)


async def test_a_user_who_may_only_read(asterisk: Asterisk) -> None:
    async with gateway(asterisk.ari_url, user="reader") as made:
        await made.until_phase(Phase.REFUSED)
        assert made.state.error == "the ARI user is read-only"


async def test_several_applications_on_one_connection(asterisk: Asterisk) -> None:
    async with live_gateway(asterisk.ari_url, "bridge", "app (two)") as made:
        await originate(made, "c", "wait", app="app (two)")
        await made.until_event("StasisStart", "c")
        assert made.world.owner("c").app == "app (two)"


async def test_a_name_that_asterisk_takes_otherwise(asterisk: Asterisk) -> None:
    async with gateway(asterisk.ari_url, '"bridge"') as made:
        await made.until_phase(Phase.REFUSED)
        assert made.state.error == 'Asterisk did not take the application\'s name: "bridge"'


# -- cut at a chosen byte ----------------------------------------------------------------------------------------------


@pytest.fixture
def relay(asterisk: Asterisk) -> Iterator[CuttingProxy]:
    with CuttingProxy(("127.0.0.1", asterisk.ports.http)) as made:
        yield made


@pytest.mark.parametrize(("direction", "after"), [("up", 0), ("up", 1), ("up", 60), ("down", 0), ("down", 30)])
async def test_a_write_that_was_cut_is_unknown_and_not_repeated(
    asterisk: Asterisk, relay: CuttingProxy, direction: str, after: int
) -> None:
    async with live_gateway(f"http://127.0.0.1:{relay.port}/ari") as made:
        await originate(made, "c", "wait", app="bridge")
        await made.until(lambda: made.world.owner("c").owner is OURS)
        connects = made.state.connects
        relay.arm(direction, after)
        answer = await made.ask("channels.startMoh", channelId="c")
        relay.disarm()
        assert answer.unknown or answer.status == 204, answer
        if asterisk.version == "22" or not made.live:
            await made.until(lambda: made.state.connects > connects and made.live)
        with ari(asterisk) as raw:
            assert raw.get("/channels/c")[0] == 200


async def test_what_never_left_is_known(asterisk: Asterisk, relay: CuttingProxy) -> None:
    async with live_gateway(f"http://127.0.0.1:{relay.port}/ari") as made:
        relay.refuse = True
        relay.cut()
        await made.until(lambda: not made.live)
        # A connection is made and broken before a byte of an answer: over HTTP it counts as sent, so only reads
        # are tried here again and again.
        answer = await made.ask("channels.list")
        assert not answer.ok
        assert answer.status == 0


# -- asterisk/asterisk#2170 --------------------------------------------------------------------------------------------


async def test_our_subscriptions_do_not_deadlock_asterisk(fresh_asterisk: FreshAsterisk) -> None:
    """With subscribeAll or `deviceState:`, Asterisk 22 hangs for good within four drops while device states change."""
    instance = fresh_asterisk("22")
    stop = asyncio.Event()

    def churn() -> None:
        with ari(instance) as raw:
            for number in range(100_000):
                if stop.is_set():
                    return
                raw.put(f"/deviceStates/Stasis:d{number % 20}", deviceState=("INUSE", "NOT_INUSE")[number // 20 % 2])

    churning = asyncio.create_task(asyncio.to_thread(churn))
    try:
        with CuttingProxy(("127.0.0.1", instance.ports.http)) as relay:
            for _ in range(12):
                async with live_gateway(f"http://127.0.0.1:{relay.port}/ari", request_timeout=2.0) as made:
                    relay.cut()
                    await made.until(lambda made=made: not made.live)  # type: ignore[misc]
        async with live_gateway(instance.ari_url, request_timeout=2.0) as made:
            assert (await made.ask("applications.list")).ok
    finally:
        stop.set()
        await churning
