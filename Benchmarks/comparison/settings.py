"""How long and how much is measured, and with which configurations: all of it is set here."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Settings:
    # Each of these configurations is measured in every round of a scenario that asks for speed, for both sides alike,
    # and each side is then represented by its best. On two cores, which the generator and Redis use as well, one event
    # loop is not always the slowest choice.
    event_loops: tuple = (1, 2)
    nchan_workers: tuple = (1, 2)
    # What all other scenarios use: memory and growth are easiest to read where one thread does all the work.
    plain_event_loops: int = 1
    plain_nchan_workers: int = 1
    generator_threads: int = 1

    # What all closed loops have in common.
    body_size: int = 600
    connections: int = 32
    secrets: int = 10
    # Before the figures begin. The generator itself sends at most a tenth of the events for it.
    warm_up: float = 1.0
    # A closed loop runs so long, in seconds, unless its events are used up before: signing takes 30 µs an event, so
    # there are about as many as the fastest server can take in that time.
    closed_loop: float = 5.0
    events_per_second: dict = dataclasses.field(
        default_factory=lambda: {"one process": 110_000, "two tiers": 60_000, "seed": 15_000}
    )
    deliveries_per_second: int = 5_000_000

    fan_out_sockets: int = 1_000
    # With Redis in between, senders are answered once an event is stored, and run ahead of the deliveries. What the log
    # no longer retains when its turn comes is lost: with the default of 1,000 events, that is more than half.
    fan_out_flags: tuple = ("--retention-count", "100000")

    rate: int = 3_000
    rate_duration: float = 10.0

    idle_sockets: int = 9_000
    # Ours pings every socket once within the time for which they are held, so that what a ping costs is in the figure.
    idle_hold: float = 7.0
    idle_flags: tuple = ("--ping-interval", "5s", "--pong-timeout", "3s")

    # Less where fewer descriptors are allowed, see `sizes_within`.
    capacity_sockets: tuple = (6_000, 12_000, 18_000)

    growth_events: int = 200_000
    growth_rate: int = 5_000
    growth_duration: float = 6.0
    # At that rate, enough for every bot to have had as many events as its log retains.
    growth_warm_up: float = 4.0
    growth_secrets: tuple = (10, 10_000)
    growth_sockets: tuple = (1, 18_000)
    # Logs that are full from the end of the warm-up on, whatever the number of bots: otherwise the larger size would be
    # charged for memory that is touched for the first time.
    growth_flags: tuple = ("--retention-count", "2")

    fairness_sockets: int = 1_000
    fairness_rate: int = 500
    fairness_duration: float = 10.0
    # How long the flood goes on after the measurement, which needs some time to prepare.
    fairness_margin: float = 4.0

    def events(self, kind):
        """How many events a closed loop of that kind has at most."""
        return int(self.events_per_second[kind] * self.closed_loop)

    def fan_out_events(self, sockets, seconds):
        """How many events of one bot are enough for so long."""
        return int(self.deliveries_per_second * seconds / sockets)


FULL = Settings()

# To see that everything works, in seconds. The figures mean nothing.
QUICK = Settings(
    event_loops=(1,),
    nchan_workers=(1,),
    warm_up=0.2,
    closed_loop=0.5,
    events_per_second={"one process": 20_000, "two tiers": 10_000, "seed": 3_000},
    deliveries_per_second=3_000_000,
    fan_out_sockets=100,
    rate=500,
    rate_duration=1.0,
    idle_sockets=500,
    idle_hold=4.0,
    idle_flags=("--ping-interval", "3s", "--pong-timeout", "1s"),
    capacity_sockets=(300, 600, 900),
    growth_events=4_000,
    growth_rate=500,
    growth_duration=1.0,
    growth_warm_up=0.8,
    growth_secrets=(10, 200),
    growth_sockets=(1, 500),
    fairness_sockets=200,
    fairness_rate=200,
    fairness_duration=1.0,
    fairness_margin=2.0,
)

# What a server needs besides the sockets: the generator's connections, its own files.
SPARE_DESCRIPTORS = 600


def sizes_within(sizes, descriptors):
    """The sizes, scaled down together where a process may not open as many descriptors."""
    largest = max(1, descriptors - SPARE_DESCRIPTORS)
    if max(sizes) <= largest:
        return tuple(sizes)
    return tuple(max(1, size * largest // max(sizes)) for size in sizes)
