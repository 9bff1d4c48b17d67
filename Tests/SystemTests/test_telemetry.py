"""What nodes tell of themselves: metrics as Prometheus wants them, alerts and a dashboard that name none but those there are,
and log lines in JSON."""

import contextlib
import fcntl
import http.client
import json
import os
import re
import subprocess

import pytest
import yaml

import qq
from certificates import Authority, PlainFiles
from otlp_collector import Collector
from redis_cluster import RedisCluster
from redis_server import RedisServer, free_port
from relay import BINARY, PATIENCE, REPOSITORY, Relay, environment
from tiers import TierNode
from waiting import until

ALERTS = REPOSITORY / "deploy/prometheus/alerts.yml"
SCRAPE = REPOSITORY / "deploy/prometheus/scrape.yml"
DASHBOARD = REPOSITORY / "deploy/grafana/hookwire.json"
PAGE = REPOSITORY / "docs/alerts.md"
TELEMETRY = REPOSITORY / "docs/telemetry.md"
# What Prometheus makes of a histogram.
PARTS = ("_bucket", "_sum", "_count")


def promtool(*words, text=None, folder=None):
    done = subprocess.run(["promtool", *map(str, words)], input=text, capture_output=True, text=True, cwd=folder)
    return done.returncode, done.stdout + done.stderr


def metrics_with(node, line):
    """A node's metrics, once a line stands in them."""

    def metrics():
        return node.get("/metrics")[1]

    def with_it():
        return text if line in (text := metrics()).splitlines() else None

    return until(with_it, lambda: f"{line} is not in {metrics()}")


@pytest.fixture(scope="module")
def nodes(tmp_path_factory):
    """The metrics of one node of each kind, shortly after its start: by the name of its kind."""
    folder = tmp_path_factory.mktemp("telemetry")
    shown = {}
    with RedisServer(folder) as redis, Collector() as collector:
        for tier in ("ingress", "egress"):
            with TierNode(tier, redis.url, "--otlp-endpoint", collector.url, folder=folder) as node:
                node.await_ready()
                shown[tier] = metrics_with(node, 'hookwire_redis_probes_total{outcome="heard"} 1')
    (folder / "cluster").mkdir()
    with RedisCluster(folder / "cluster", replicas=0) as cluster:
        with TierNode("egress", cluster.url, folder=folder) as node:
            node.await_ready()
            shown["cluster"] = node.get("/metrics")[1]
    (folder / "bots.yaml").write_text("bots: {}\n")
    with Relay("--data", str(folder / "data"), "--bots", "bots.yaml", folder=folder) as relay:
        with relay.bot("telemetry-secret") as bot:
            relay.deliver("telemetry-secret", b'{"op":0,"d":{}}')
            bot.recv(timeout=PATIENCE)
        shown["serve"] = relay.get("/metrics").body.decode()
    authority = Authority(folder)
    with Relay(*PlainFiles(folder / "tls", *authority.issue()[:2]).flags, folder=folder) as relay:
        shown["https"] = relay.request("GET", "/metrics", context=authority.trust).body.decode()
    return shown


def families(text):
    """The names of metrics with their types."""
    return dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE))


def labels(text):
    """The names of labels of each metric."""
    found = {}
    for name, rest in re.findall(r"^(hookwire_\w+)\{(.*)\} ", text, re.MULTILINE):
        found.setdefault(name, set()).update(re.findall(r'(\w+)="', rest))
    return found


def named_in(expressions):
    """The metrics that expressions of PromQL name, and the labels that they ask of each."""
    return {name for expression in expressions for name in re.findall(r"\bhookwire_\w+", expression)}


def known(nodes):
    every = {}
    for text in nodes.values():
        for name, kind in families(text).items():
            assert every.setdefault(name, kind) == kind
    return every


def exists(name, known):
    return name in known or any(
        name.endswith(part) and known.get(name.removesuffix(part)) == "histogram" for part in PARTS
    )


@pytest.mark.parametrize("kind", ["ingress", "egress", "cluster", "serve", "https"])
def test_promtool_finds_no_fault(nodes, kind):
    assert promtool("check", "metrics", text=nodes[kind]) == (0, "")


def test_rules_are_valid():
    code, said = promtool("check", "rules", ALERTS)
    assert code == 0, said
    code, said = promtool("check", "config", SCRAPE.name, folder=SCRAPE.parent)
    assert code == 0, said


def test_rules_fire():
    """Each alert fires where it should, and is silent where all is well."""
    code, said = promtool("test", "rules", REPOSITORY / "Tests/SystemTests/alerts.test.yml")
    assert code == 0, said
    tested = yaml.safe_load((REPOSITORY / "Tests/SystemTests/alerts.test.yml").read_text())["tests"]
    fired = {
        case["alertname"] for test in tested for case in test["alert_rule_test"] if case.get("exp_alerts")
    }
    assert fired == {rule["alert"] for rule in rules()}


def rules():
    return [rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]


def test_every_metric_of_an_alert_exists(nodes):
    there = known(nodes)
    for name in named_in(rule["expr"] for rule in rules()):
        assert exists(name, there), f"no node has {name}"


def expressions(dashboard):
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            yield target["expr"]
    for variable in dashboard["templating"]["list"]:
        yield variable["query"]


def test_every_metric_of_the_dashboard_exists(nodes):
    there = known(nodes)
    dashboard = json.loads(DASHBOARD.read_text())
    names = named_in(expressions(dashboard))
    assert len(names) > 40
    for name in names:
        assert exists(name, there), f"no node has {name}"
    ids = [panel["id"] for panel in dashboard["panels"]]
    assert len(ids) == len(set(ids))


def test_every_label_that_is_asked_for_exists(nodes):
    """A sum by a label that no series has is one line without a name, which nobody would notice."""
    there = {}
    for text in nodes.values():
        for name, found in labels(text).items():
            there.setdefault(name, set()).update(found)
    asked = [rule["expr"] for rule in rules()] + list(expressions(json.loads(DASHBOARD.read_text())))
    for expression in asked:
        for words, name in re.findall(r"\bby \(([^)]*)\) \((?:rate|increase)?\(?(hookwire_\w+)", expression):
            own = {word.strip() for word in words.split(",")} - {"instance", "job", "le"}
            assert own <= there.get(name, set()), f"{name} has no {own}: {expression}"
        for name, pairs in re.findall(r"(hookwire_\w+)\{([^}]*)\}", expression):
            own = set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", re.sub(r'"[^"]*"', '""', pairs))) - {"instance", "job"}
            assert own <= there.get(name, set()) | {"le"}, f"{name} has no {own}: {expression}"


def test_every_alert_has_a_page():
    """Who is woken finds what to do under the alert's own name."""
    headings = set(re.findall(r"^#+ (Hookwire\w+)$", PAGE.read_text(), re.MULTILINE))
    assert headings == {rule["alert"] for rule in rules()}
    for rule in rules():
        assert rule["annotations"]["runbook"] == f"docs/alerts.md#{rule['alert'].lower()}"
        assert rule["labels"]["severity"] in {"critical", "warning", "info"} and rule["annotations"]["summary"]


def page(alert):
    """What docs/alerts.md says of one alert."""
    return re.search(rf"^## {alert}$(.*?)(?=^## |\Z)", PAGE.read_text(), re.MULTILINE | re.DOTALL)[1]


def expression(alert):
    (found,) = (rule["expr"] for rule in rules() if rule["alert"] == alert)
    return found


def test_every_loss_of_redis_has_its_line():
    """Whatever reason an alert brings, its page says what to do."""
    source = (REPOSITORY / "Sources/RedisBroker/Connection/RedisLoss.swift").read_text()
    enumeration = re.search(r"^enum RedisLossReason.*?^}", source, re.MULTILINE | re.DOTALL)[0]
    cases = re.findall(r'^    case (\w+)(?: = "(\w+)")?$', enumeration, re.MULTILINE)
    reasons = {raw or name for name, raw in cases}
    assert "slot_moved" in reasons and len(reasons) == len(re.findall(r"\bcase\b", enumeration))
    lines = re.findall(r"^\| (`[^|]*) \|", page("HookwireRedisDisconnected"), re.MULTILINE)
    listed = {reason for line in lines for reason in re.findall(r"`(\w+)`", line)}
    assert listed == reasons - {"shutdown", "not_started"}


def test_every_request_that_is_not_genuine_counts():
    """What a platform refuses as unauthorized or forbidden is in the alert's rule, and has its line on the alert's page."""
    reasons = set()
    for path in (REPOSITORY / "Sources/Ingress/Platforms").glob("*/*Rejection.swift"):
        source = path.read_text()
        raw = {name: given or name for name, given in re.findall(r'^    case (\w+)(?: = "(\w+)")?$', source, re.MULTILINE)}
        status = re.search(r"var status: .*?^    }$", source, re.MULTILINE | re.DOTALL)[0]
        for names, answer in re.findall(r"case ([^:]+):\s+\.(\w+)", status):
            if answer in {"unauthorized", "forbidden"}:
                reasons |= {raw[name] for name in re.findall(r"\w+", names)}
    assert {"unsigned", "unproven", "wrong_verify_token", "not_encrypted"} <= reasons
    counted = set(re.search(r'outcome=~"([^"]+)"', expression("HookwireSignaturesWrong"))[1].split("|"))
    assert reasons <= counted
    assert counted <= set(re.findall(r"`(\w+)`", page("HookwireSignaturesWrong")))


def test_every_event_that_is_not_stored_counts():
    """What a store can answer in place of storing is in the alert's rule, but for nodes that end; each has its line."""
    source = (REPOSITORY / "Sources/Shared/Broker/BrokerError.swift").read_text()
    enumeration = re.search(r"^public enum BrokerError.*?^}", source, re.MULTILINE | re.DOTALL)[0]
    reasons = {raw or name for name, raw in re.findall(r'^    case (\w+)(?: = "(\w+)")?$', enumeration, re.MULTILINE)}
    counted = set(re.search(r'outcome=~"([^"]+)"', expression("HookwireEventsNotStored"))[1].split("|"))
    # Storing an event knows no consumers.
    assert counted == reasons - {"closed", "too_many_consumers"} | {"not_ready"}
    assert counted <= set(re.findall(r"^\| `(\w+)`", page("HookwireEventsNotStored"), re.MULTILINE))


def test_every_metric_is_documented(nodes):
    """docs/telemetry.md has the sentence that /metrics has, and no metric more."""
    documented = dict(re.findall(r"^\| `(hookwire_\w+)`[^|]*\| (?:[^|]*\| )?([^|]*) \|$", TELEMETRY.read_text(), re.MULTILINE))
    for text in nodes.values():
        for name, help in re.findall(r"^# HELP (\S+) (.*)$", text, re.MULTILINE):
            assert documented.get(name) == help, name
    catalogue = (REPOSITORY / "Sources/Shared/Telemetry/Metrics/MetricCatalogue.swift").read_text()
    assert set(documented) == set(re.findall(r'^ +"(hookwire_\w+)":', catalogue, re.MULTILINE))


def test_a_delivery_is_measured(nodes):
    """From the request to the socket, everything has its time."""
    for name in ("verification", "publish"):
        assert f'hookwire_{name}_seconds_count{{platform="qq"}} 1' in nodes["serve"].splitlines()
    assert "hookwire_delivery_seconds_count 1" in nodes["serve"].splitlines()
    assert 'hookwire_build_info{tier="serve",version="' in nodes["serve"]
    lag = re.search(r"^hookwire_event_loop_lag_seconds_count (\d+)$", nodes["egress"], re.MULTILINE)
    assert lag
    assert re.search(r'^hookwire_redis_commands_total\{outcome="answered"\} [1-9]', nodes["egress"], re.MULTILINE)
    assert re.search(r"^hookwire_redis_probe_age_seconds \d", nodes["egress"], re.MULTILINE)


def value(text, name):
    """A metric's value, of all its series together."""
    found = re.findall(rf"^{name}(?:\{{[^}}]*\}})? (\S+)$", text, re.MULTILINE)
    return sum(map(float, found)) if found else None


def await_metrics(relay, condition):
    """A node's metrics, once a condition holds for them."""

    def metrics():
        return relay.get("/metrics").body.decode()

    return until(lambda: text if condition(text := metrics()) else None, metrics)


def test_a_redis_that_forgets(start, tmp_path, secret):
    """A Redis that goes is seen in the losses, the age of the probe and the health; that it comes back empty, in the gaps."""
    with RedisServer(tmp_path) as redis:
        node = start("--redis-url", redis.url)
        with node.bot(secret) as bot:
            node.deliver(secret, qq.event("before"))
            bot.recv(timeout=PATIENCE)
            before = await_metrics(node, lambda text: value(text, "hookwire_redis_probe_age_seconds") > 0)
            assert value(before, "hookwire_feeds") == 1
            assert value(before, "hookwire_broker_health") == 1 and value(before, "hookwire_redis_reconnects_total") == 0
            redis.kill()
            away = await_metrics(
                node,
                lambda text: value(text, "hookwire_broker_health") == 0
                and value(text, "hookwire_redis_probe_age_seconds") > 1,
            )
            assert value(away, "hookwire_redis_connection_losses_total") > 0
            redis.start()
            back = await_metrics(
                node,
                lambda text: value(text, "hookwire_broker_health") == 1
                and value(text, "hookwire_epoch_changes_total") == 1,
            )
            assert 'hookwire_gaps_total{reason="epoch_changed"} 1' in back.splitlines()
            assert value(back, "hookwire_redis_reconnects_total") > 0
            assert value(back, "hookwire_sockets") == 1


def test_queues(start, secret):
    """What waits for a bot that does not read is seen in bytes, and that it was closed for it."""
    relay = start("--queue-limit", "8MiB")

    def metrics():
        return relay.get("/metrics").body.decode()

    with relay.raw_socket(secret, receive_buffer=4096), relay.raw_socket(secret) as other:

        def one_more():
            relay.deliver(secret, qq.event_of_size(256 * 1024))
            other.frame()

        until(lambda: value(metrics(), "hookwire_socket_queue_bytes") or one_more(), "nothing waits for the other")
        assert 64 << 10 < value(metrics(), "hookwire_socket_queue_bytes") < 9 << 20
        ended = 'hookwire_sockets_ended_total{reason="slow_consumer"} 1'
        until(lambda: ended in metrics().splitlines() or one_more(), "who does not read is not closed")
        until(lambda: not value(metrics(), "hookwire_socket_queue_bytes"), "the queue of who was closed is not gone")
        assert value(metrics(), "hookwire_sockets_by_protocol") == 1


def lines(relay):
    """The log as objects; every line has to be one."""
    return [json.loads(line) for line in relay.log.splitlines()]


def ends(relay):
    return [line for line in lines(relay) if line["message"] == "a socket ended"]


def test_json_logs(start, secret):
    """Each line is an object, and a connection's end is one of them, with all that one wants to know."""
    relay = start("--log-format", "json", env={"HOOKWIRE_LOG_LEVEL": "info"})
    with relay.bot(secret):
        pass
    with relay.bot(secret, subprotocols=["cloudevents.json"]):
        pass
    relay.post(secret, b"{}", {})
    relay.signal()
    assert relay.wait() == 0
    for line in lines(relay):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["time"])
        assert line["level"] in {"info", "notice", "warning"} and line["logger"] and line["message"]
    assert [(line["protocol"], line["reason"], line["level"]) for line in ends(relay)] == [
        ("raw", "client_closed", "info"), ("envelope", "client_closed", "info")
    ]
    assert all(re.fullmatch("[0-9a-f]{32}", line["channel"]) and int(line["seconds"]) >= 0 for line in ends(relay))
    refused = [line for line in lines(relay) if line["message"] == "a webhook request was refused"]
    assert [(line["platform"], line["level"]) for line in refused] == [("qq", "info")]


def test_logs_are_sampled(start, secret):
    """When a proxy lets go of hundreds of sockets at once the log says so in some lines and a count; at debug it says all."""
    count = 300
    quiet = start("--log-format", "json", "--threads", "1", env={"HOOKWIRE_LOG_LEVEL": "info"})
    loud = start("--log-format", "json", "--threads", "1", env={"HOOKWIRE_LOG_LEVEL": "debug"})
    for relay in (quiet, loud):
        sockets = [relay.raw_socket(secret) for _ in range(count)]
        for socket in sockets:
            socket.socket.close()
        until(lambda: "hookwire_sockets 0\n" in relay.get("/metrics").body.decode(), "sockets are left")
        metrics = relay.get("/metrics").body.decode()
        left_out = int(re.search(r"^hookwire_log_lines_left_out_total (\d+)$", metrics, re.MULTILINE)[1])
        infos = [line for line in ends(relay) if line["level"] == "info"]
        # How many a second gives is a matter of this machine's speed; that none is missing is not.
        assert left_out > 0 and len(infos) >= 50 and len(infos) + left_out == count
    assert len(ends(loud)) == count and len(ends(quiet)) < count


def test_trace_settings_need_a_collector(start):
    with pytest.raises(AssertionError, match="otlp-endpoint"):
        start("--trace-sample", "0.5")


def test_log_that_nobody_reads(tmp_path):
    """A node goes on where its log is not read; lines are dropped and counted then."""
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
    port = free_port()
    # Each refused request is a line at this level.
    command = [BINARY, "serve", "--host", "127.0.0.1", "--port", str(port), "--log-level", "debug"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=writer, cwd=tmp_path, env=environment())
    os.close(writer)
    try:
        process.stdout.readline()
        for _ in range(100):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
            with contextlib.closing(connection):
                connection.request("POST", "/webhook/qq?secret=short", b"{}")
                connection.getresponse().read()
                connection.request("GET", "/metrics")
                text = connection.getresponse().read().decode()
        [dropped] = re.findall(r"^hookwire_log_lines_dropped_total (\d+)$", text, re.M)
        assert int(dropped) > 0
        os.set_blocking(reader, False)
        assert os.read(reader, 1 << 20)
    finally:
        process.kill()
        process.communicate()
        os.close(reader)
