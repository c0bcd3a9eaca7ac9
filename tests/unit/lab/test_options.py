"""Choosing ports."""

from __future__ import annotations

import socket
from dataclasses import astuple

import pytest

from bridge.lab import LabError, Ports
from bridge.lab.options import HOST, reserved


def test_free_ports_differ_and_stay_taken() -> None:
    with reserved(Ports()) as ports:
        numbers = astuple(ports)
        assert len(set(numbers)) == len(numbers)
        with pytest.raises(LabError, match="asked for as ami"), reserved(Ports(ami=ports.ami)):
            pass
    with reserved(ports) as again:
        assert again == ports


def test_a_port_in_use_is_named() -> None:
    with socket.create_server((HOST, 0)) as taken:
        number = taken.getsockname()[1]
        with pytest.raises(LabError, match=f"port {number}, asked for as http"), reserved(Ports(http=number)):
            pass


def test_ports_of_other_instances_are_avoided() -> None:
    with pytest.raises(LabError, match="no free port"), reserved(Ports(), avoid=range(65536)):
        pass
