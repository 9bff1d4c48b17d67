"""k8s/ builds, is valid for every Kubernetes in use, and its parts fit together."""

import base64
import ipaddress
import re
import shutil
import subprocess

import kubernetes_validate
import pytest
import yaml

from relay import BINARY, REPOSITORY, run_command

ENTRIES = {"base": True, "overlays/external-redis": False}
TIERS = ("ingress", "egress")
# kustomize of the age that these files need: directories as resources, patches in one field.
OLDEST_KUBECTL = (1, 21)


@pytest.fixture(scope="module", autouse=True)
def kubectl():
    if not shutil.which("kubectl"):
        pytest.skip("kubectl is not installed")
    said = subprocess.run(["kubectl", "version", "--client", "--output=yaml"], capture_output=True, text=True).stdout
    version = re.search(r"gitVersion: v(\d+)\.(\d+)", said)
    if not version or (int(version[1]), int(version[2])) < OLDEST_KUBECTL:
        pytest.skip(f"kubectl {'.'.join(map(str, OLDEST_KUBECTL))} or later is needed, and this one says: {said}")


@pytest.fixture(scope="module", params=ENTRIES)
def entry(request):
    """What a user may apply, by the name of its folder in k8s/."""
    return request.param


@pytest.fixture(scope="module")
def objects(entry):
    return build(REPOSITORY / "k8s" / entry)


def build(folder):
    done = subprocess.run(["kubectl", "kustomize", folder], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stderr == "", "kustomize has something to say about the files"
    return Objects(yaml.safe_load_all(done.stdout))


class Objects(list):
    """The objects of one entry."""

    def of(self, kind):
        return [found for found in self if found["kind"] == kind]

    def one(self, kind, name):
        (found,) = (found for found in self.of(kind) if found["metadata"]["name"] == name)
        return found

    def workloads(self):
        return self.of("Deployment") + self.of("StatefulSet")

    def pods(self):
        return [workload["spec"]["template"]["spec"] for workload in self.workloads()]

    def tiers(self):
        return [(tier, self.one("Deployment", tier)["spec"]["template"]["spec"]) for tier in TIERS]


def container(pod):
    (only,) = pod["containers"]
    return only


def is_selected(workload, labels):
    return labels.items() <= workload["spec"]["template"]["metadata"]["labels"].items()


@pytest.mark.parametrize("version", ["1.27", "1.29", "1.31", "1.33", "1.35", "1.37"])
def test_valid(objects, version):
    """The schemas of Kubernetes have nothing against any object, not even a property that they do not know."""
    for found in objects:
        kubernetes_validate.validate(found, version, strict=True)


def test_one_namespace(objects):
    """Everything is in the namespace, which lets no pod in that has rights."""
    (namespace,) = objects.of("Namespace")
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    names = {found["metadata"].get("namespace") for found in objects if found["kind"] != "Namespace"}
    assert names == {namespace["metadata"]["name"]}


def test_redis_only_in_the_base(objects, entry):
    """The overlay has no Redis of its own, but the address of another."""
    assert len(objects.of("StatefulSet")) == ENTRIES[entry]
    for store in objects.of("StatefulSet"):
        args = container(store["spec"]["template"]["spec"])["args"]
        assert args[args.index("--save") + 1] == "", "a snapshot that fails stops every event"
    (secret,) = objects.of("Secret")
    assert set(secret["data"]) == ({"url", "password"} if ENTRIES[entry] else {"url"})


def test_references_lead_somewhere(objects):
    """Names of settings, secrets, accounts, and what is scaled or kept available, are names of objects."""
    names = {(found["kind"], found["metadata"]["name"]) for found in objects}
    keys = {found["metadata"]["name"]: set(found["data"]) for found in objects.of("Secret")}
    for pod in objects.pods():
        assert ("ServiceAccount", pod["serviceAccountName"]) in names
        for source in container(pod).get("envFrom", []):
            assert ("ConfigMap", source["configMapRef"]["name"]) in names
        for variable in container(pod)["env"]:
            reference = variable["valueFrom"]["secretKeyRef"]
            assert reference["key"] in keys[reference["name"]]
    for scaler in objects.of("HorizontalPodAutoscaler"):
        target = scaler["spec"]["scaleTargetRef"]
        assert (target["kind"], target["name"]) in names
        # Else every apply would undo what the autoscaler did.
        assert "replicas" not in objects.one(target["kind"], target["name"])["spec"]
    assert {scaler["metadata"]["name"] for scaler in objects.of("HorizontalPodAutoscaler")} == set(TIERS)


def test_selectors_select(objects):
    """Services, budgets, spread constraints and deployments select the pods that they mean, and no others."""
    for found in objects.of("Service") + objects.of("PodDisruptionBudget"):
        selector = found["spec"]["selector"]
        labels = selector.get("matchLabels", selector)
        selected = [workload["metadata"]["name"] for workload in objects.workloads() if is_selected(workload, labels)]
        assert selected == [found["metadata"]["name"]]
    for workload in objects.workloads():
        assert is_selected(workload, workload["spec"]["selector"]["matchLabels"])
    for tier, pod in objects.tiers():
        keys = set()
        for constraint in pod["topologySpreadConstraints"]:
            assert is_selected(objects.one("Deployment", tier), constraint["labelSelector"]["matchLabels"])
            keys.add(constraint["topologyKey"])
        assert keys == {"kubernetes.io/hostname", "topology.kubernetes.io/zone"}


def test_ports(objects):
    """From the route over the service to the port that the node listens on."""
    for route in objects.one("Ingress", "hookwire")["spec"]["rules"][0]["http"]["paths"]:
        backend = route["backend"]["service"]
        assert backend["name"] == ("ingress" if route["path"] in ("/webhook", "/livez") else "egress")
        (port,) = objects.one("Service", backend["name"])["spec"]["ports"]
        assert port["name"] == backend["port"]["name"]
    for found in objects.of("Service"):
        (workload,) = (w for w in objects.workloads() if w["metadata"]["name"] == found["metadata"]["name"])
        (port,) = container(workload["spec"]["template"]["spec"])["ports"]
        assert found["spec"]["ports"][0]["targetPort"] == port["name"]
    for _, pod in objects.tiers():
        (port,) = container(pod)["ports"]
        assert str(port["containerPort"]) == settings(objects)["HOOKWIRE_PORT"]


def settings(objects):
    (found,) = objects.of("ConfigMap")
    return found["data"]


def test_settings_exist(objects):
    """Every setting is a flag of both tiers, and the image's entry point is given a tier."""
    for tier, pod in objects.tiers():
        assert container(pod)["args"] == [tier]
        flags = run_command([BINARY, tier, "--help"]).stdout
        for variable in [*settings(objects), *(variable["name"] for variable in container(pod)["env"])]:
            flag = variable.removeprefix("HOOKWIRE_").lower().replace("_", "-")
            assert re.search(rf"--{flag}\b", flags), f"{tier} has no --{flag}"


def test_probes(objects):
    """Only readiness looks at Redis: no node is restarted because its store is away."""
    for _, pod in objects.tiers():
        probes = {kind: container(pod)[f"{kind}Probe"]["httpGet"] for kind in ("startup", "liveness", "readiness")}
        assert {kind: probe["path"] for kind, probe in probes.items()} == {
            "startup": "/livez",
            "liveness": "/livez",
            "readiness": "/readyz",
        }
        assert {probe["port"] for probe in probes.values()} == {"http"}


def test_time_to_drain(objects):
    """A node has its drain time, after the pause in which routers learn that it goes, and some seconds more."""
    drain = int(re.fullmatch(r"(\d+)s", settings(objects)["HOOKWIRE_DRAIN"])[1])
    for _, pod in objects.tiers():
        command, pause = container(pod)["lifecycle"]["preStop"]["exec"]["command"]
        assert command == "sleep"
        assert pod["terminationGracePeriodSeconds"] > int(pause) + drain + 5


def test_no_rights(objects):
    """Pods have no root, no token, no writable root and no capability; they have bounds."""
    assert objects.one("ServiceAccount", "hookwire")["automountServiceAccountToken"] is False
    for pod in objects.pods():
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        rights = container(pod)["securityContext"]
        assert rights["allowPrivilegeEscalation"] is False
        assert rights["readOnlyRootFilesystem"] is True
        assert rights["capabilities"] == {"drop": ["ALL"]}
        assert {"cpu", "memory"} <= set(container(pod)["resources"]["requests"])
        assert "memory" in container(pod)["resources"]["limits"]


def test_network(objects, entry):
    """Everything is denied first; Redis hears nodes only, and nodes alone may open connections."""
    denied = objects.one("NetworkPolicy", "default-deny")["spec"]
    assert denied == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    nodes = {"matchLabels": {"app.kubernetes.io/name": "hookwire"}}
    assert objects.one("NetworkPolicy", "nodes-to-redis")["spec"]["podSelector"] == nodes
    if ENTRIES[entry]:
        (rule,) = objects.one("NetworkPolicy", "redis")["spec"]["ingress"]
        assert rule["from"] == [{"podSelector": nodes}]
    for policy in objects.of("NetworkPolicy"):
        labels = policy["spec"]["podSelector"].get("matchLabels", {})
        selected = [workload for workload in objects.workloads() if is_selected(workload, labels)]
        assert selected, f"{policy['metadata']['name']} is about no pod"
        for rule in policy["spec"].get("egress", []) + policy["spec"].get("ingress", []):
            assert rule["ports"], f"{policy['metadata']['name']} opens every port"
            # What may go anywhere may go there by both protocols.
            blocks = [peer["ipBlock"] for peer in rule.get("to", []) if "ipBlock" in peer]
            assert [block["cidr"] for block in blocks] in ([], ["0.0.0.0/0", "::/0"])
    (platforms,) = objects.one("NetworkPolicy", "platforms")["spec"]["egress"]
    closed = [ipaddress.ip_network(each) for peer in platforms["to"] for each in peer["ipBlock"]["except"]]
    for address in ("10.1.2.3", "169.254.169.254", "172.31.0.1", "192.168.0.1", "100.64.0.1", "fd00:ec2::254", "fe80::1"):
        assert any(ipaddress.ip_address(address) in network for network in closed), address


def test_web_sockets_outlast_the_proxy(objects):
    """The Ingress gives a socket far longer than the pings that keep it alive are apart."""
    ping = int(re.search(r"pinged[^(]*\(default:\s+(\d+)s\)", run_command([BINARY, "egress", "--help"]).stdout)[1])
    annotations = objects.one("Ingress", "hookwire")["metadata"]["annotations"]
    for name in ("proxy-read-timeout", "proxy-send-timeout"):
        assert int(annotations[f"nginx.ingress.kubernetes.io/{name}"]) > 3 * ping


def test_shrinks_slowly(objects):
    """Ingress scales on CPU; egress on memory too, and loses one node at a time."""
    metrics = {
        tier: {metric["resource"]["name"] for metric in scaler["spec"]["metrics"]}
        for tier in TIERS
        if (scaler := objects.one("HorizontalPodAutoscaler", tier))
    }
    assert metrics == {"ingress": {"cpu"}, "egress": {"cpu", "memory"}}
    (policy,) = objects.one("HorizontalPodAutoscaler", "egress")["spec"]["behavior"]["scaleDown"]["policies"]
    drain = int(re.fullmatch(r"(\d+)s", settings(objects)["HOOKWIRE_DRAIN"])[1])
    assert policy["value"] == 1 and policy["periodSeconds"] > drain
    for tier in TIERS:
        budget = objects.one("PodDisruptionBudget", tier)["spec"]
        assert (budget["maxUnavailable"], budget["unhealthyPodEvictionPolicy"]) == (1, "AlwaysAllow")


# Components


def with_components(tmp_path, entry, *names):
    """What an overlay with these components builds."""
    (tmp_path / "hookwire").symlink_to(REPOSITORY)
    (tmp_path / "my").mkdir()
    overlay = {
        "resources": [f"../hookwire/k8s/{entry}"],
        "components": [f"../hookwire/k8s/components/{name}" for name in names],
    }
    (tmp_path / "my/kustomization.yaml").write_text(yaml.safe_dump(overlay))
    return build(tmp_path / "my")


def is_a_metric(relay, name):
    return re.search(rf"^{name}[ {{]", relay.get("/metrics").body.decode(), re.MULTILINE)


def test_scaling_on_sockets_by_prometheus_adapter(entry, tmp_path, relay):
    """The autoscaler has one metric more, a node has it, and the adapter is told of it."""
    built = with_components(tmp_path, entry, "sockets-prometheus-adapter")
    scaler = built.one("HorizontalPodAutoscaler", "egress")
    kubernetes_validate.validate(scaler, "1.37", strict=True)
    (metric,) = (metric["pods"] for metric in scaler["spec"]["metrics"] if metric["type"] == "Pods")
    assert int(metric["target"]["averageValue"]) > 0
    assert is_a_metric(relay, metric["metric"]["name"])
    assert len(scaler["spec"]["metrics"]) == 3
    values = yaml.safe_load((REPOSITORY / "k8s/components/sockets-prometheus-adapter/values.yaml").read_text())
    (rule,) = values["rules"]["custom"]
    assert rule["seriesQuery"].startswith(metric["metric"]["name"] + "{")
    assert set(rule["resources"]["overrides"]) == {"namespace", "pod"}


def test_scaling_on_sockets_by_keda(entry, tmp_path, relay):
    """KEDA scales what the autoscaler did, within the same bounds, and the autoscaler is gone."""
    (tmp_path / "ours").mkdir()
    before = with_components(tmp_path / "ours", entry).one("HorizontalPodAutoscaler", "egress")["spec"]
    built = with_components(tmp_path, entry, "sockets-keda")
    assert [scaler["metadata"]["name"] for scaler in built.of("HorizontalPodAutoscaler")] == ["ingress"]
    scaled = built.one("ScaledObject", "egress")
    assert scaled["metadata"]["namespace"] == "hookwire"
    spec = scaled["spec"]
    assert built.one("Deployment", spec["scaleTargetRef"]["name"])["spec"].get("replicas") is None
    assert (spec["minReplicaCount"], spec["maxReplicaCount"]) == (before["minReplicas"], before["maxReplicas"])
    assert spec["advanced"]["horizontalPodAutoscalerConfig"]["behavior"] == before["behavior"]
    *resources, sockets = spec["triggers"]
    assert sockets["type"] == "prometheus"
    targets = {metric["resource"]["name"]: metric["resource"]["target"] for metric in before["metrics"]}
    assert set(targets) == {"cpu", "memory"} == {trigger["type"] for trigger in resources}
    for trigger in resources:
        target = targets[trigger["type"]]
        assert trigger["metricType"] == target["type"]
        assert trigger["metadata"]["value"] == str(target.get("averageUtilization", target.get("averageValue")))
    metric, namespace = re.fullmatch(r'sum\((\w+)\{namespace="(\w+)"\}\)', sockets["metadata"]["query"]).groups()
    assert is_a_metric(relay, metric) and namespace == scaled["metadata"]["namespace"]
    # Strings, as KEDA wants its metadata.
    assert all(isinstance(value, str) for trigger in spec["triggers"] for value in trigger["metadata"].values())


def test_service_monitor(entry, tmp_path, relay):
    """It selects the services of both tiers and nothing else, at a port that they have, and the annotations are gone."""
    built = with_components(tmp_path, entry, "service-monitor")
    (monitor,) = built.of("ServiceMonitor")
    assert monitor["metadata"]["namespace"] == "hookwire"
    labels = monitor["spec"]["selector"]["matchLabels"]
    selected = [each for each in built.of("Service") if labels.items() <= each["metadata"].get("labels", {}).items()]
    assert sorted(each["metadata"]["name"] for each in selected) == sorted(TIERS)
    (endpoint,) = monitor["spec"]["endpoints"]
    for service in selected:
        assert endpoint["port"] in [port["name"] for port in service["spec"]["ports"]]
        assert set(monitor["spec"]["targetLabels"]) <= set(service["metadata"]["labels"])
    assert relay.get(endpoint["path"]).status == 200
    # Else the job is the service's name, and the rules, which ask for this one, say nothing of a node that never answered.
    rules = yaml.safe_load((REPOSITORY / "deploy/prometheus/alerts.yml").read_text())["groups"][0]["rules"]
    (down,) = (rule["expr"] for rule in rules if rule["alert"] == "HookwireNodeDown")
    jobs = {service["metadata"]["labels"][monitor["spec"]["jobLabel"]] for service in selected}
    assert jobs == set(re.findall(r'up\{job="(\w+)"\}', down))
    for tier in TIERS:
        template = built.one("Deployment", tier)["spec"]["template"]["metadata"]
        assert not any(name.startswith("prometheus.io/") for name in template.get("annotations", {}))
        kubernetes_validate.validate(built.one("Deployment", tier), "1.37", strict=True)


def test_gateway_api(entry, tmp_path):
    """The route asks for what the Ingress did, of the same services, without a time-out on sockets, and may come in."""
    (tmp_path / "ours").mkdir()
    ours = with_components(tmp_path / "ours", entry).one("Ingress", "hookwire")["spec"]["rules"][0]
    built = with_components(tmp_path, entry, "gateway-api")
    assert built.of("Ingress") == []
    assert built.one("HTTPRoute", "hookwire")["metadata"]["namespace"] == "hookwire"
    route = built.one("HTTPRoute", "hookwire")["spec"]
    assert route["hostnames"] == [ours["host"]]
    kinds = {"Prefix": "PathPrefix", "Exact": "Exact"}
    wanted = {
        (kinds[path["pathType"]], path["path"], path["backend"]["service"]["name"]) for path in ours["http"]["paths"]
    }
    found = set()
    for rule in route["rules"]:
        (backend,) = rule["backendRefs"]
        (port,) = built.one("Service", backend["name"])["spec"]["ports"]
        assert backend["port"] == port["port"]
        found |= {(match["path"]["type"], match["path"]["value"], backend["name"]) for match in rule["matches"]}
        if backend["name"] == "egress":
            assert set(rule["timeouts"].values()) == {"0s"}
    assert found == wanted
    (policy,) = built.one("NetworkPolicy", "requests")["spec"]["ingress"]
    (expression,) = policy["from"][0]["namespaceSelector"]["matchExpressions"]
    assert {parent["namespace"] for parent in route["parentRefs"]} < set(expression["values"])


def documented():
    """What docs/kubernetes.md has of YAML: the overlay, its components, the gateway's patch, that of Redis' policy, the policy of the
    collector, and the patches of the registry."""
    return re.findall(r"```yaml\n(.*?)```", (REPOSITORY / "docs/kubernetes.md").read_text(), re.DOTALL)


def build_documented(tmp_path, entry, text):
    (tmp_path / "hookwire").symlink_to(REPOSITORY)
    (tmp_path / "my").mkdir(exist_ok=True)
    (tmp_path / "my/kustomization.yaml").write_text(text.replace("overlays/external-redis", entry))
    (tmp_path / "my/redis.env").write_text("url=rediss://here\npassword=mine\n")
    return build(tmp_path / "my")


@pytest.mark.parametrize("entry", ENTRIES)
def test_overlay_of_the_documentation(entry, tmp_path):
    """The overlay that docs/kubernetes.md shows builds on both, with its own image, secret, setting and host."""
    text, components, _, _, _, patches = documented()
    components = components.replace("  - ../hookwire/k8s/components/gateway-api\n", "")  # the overlay names the Ingress
    built = build_documented(tmp_path, entry, text + patches + components)
    for _, pod in built.tiers():
        assert container(pod)["image"] == "registry.my.example/hookwire:1"
        (mount,) = [mount for mount in container(pod)["volumeMounts"] if mount["name"] == "registry"]
        variables = {variable["name"]: variable.get("value") for variable in container(pod)["env"]}
        assert variables["HOOKWIRE_ACCESS"] == "registered" and "HOOKWIRE_REDIS_URL" in variables
        assert variables["HOOKWIRE_REGISTRY_KEY_FILE"].startswith(mount["mountPath"])
    assert settings(built)["HOOKWIRE_LOG_LEVEL"] == "notice" and settings(built)["HOOKWIRE_PORT"] == "8080"
    (secret,) = built.of("Secret")
    assert base64.b64decode(secret["data"]["url"]) == b"rediss://here"
    assert built.one("Ingress", "hookwire")["spec"]["rules"][0]["host"] == "relay.my.example"
    assert built.of("ServiceMonitor") and len(built.one("HorizontalPodAutoscaler", "egress")["spec"]["metrics"]) == 3


@pytest.mark.parametrize("entry", ENTRIES)
def test_gateway_of_the_documentation(entry, tmp_path):
    """With the patch in place of the Ingress' one the route has the host, and nothing names the example's."""
    text, components, patch, *_ = documented()
    ingress = text.index("  - target: {kind: Ingress")
    built = build_documented(tmp_path, entry, text[:ingress] + patch + components)
    assert built.of("Ingress") == []
    assert built.one("HTTPRoute", "hookwire")["spec"]["hostnames"] == ["relay.my.example"]
    assert "relay.example.com" not in yaml.safe_dump(list(built))


@pytest.mark.parametrize("entry", ENTRIES)
def test_ways_out_of_the_documentation(entry, tmp_path):
    """Sentinels and a collector are let through by what the document says, names and platforms as before, and nothing else."""
    text, _, _, redis, policy, _ = documented()
    prose = (REPOSITORY / "docs/kubernetes.md").read_text()
    endpoint = re.search(r"HOOKWIRE_OTLP_ENDPOINT=http://[\w.-]+:(\d+)", prose)
    literals = "literals: [HOOKWIRE_LOG_LEVEL=notice"
    assert literals in text
    text = text.replace(literals, f"{literals}, {endpoint[0]}").replace("resources:\n", "resources:\n  - nodes-to-collector.yaml\n")
    (tmp_path / "my").mkdir()
    (tmp_path / "my/nodes-to-collector.yaml").write_text(policy)
    built = build_documented(tmp_path, entry, text + redis)
    ports = {}
    for found in built.of("NetworkPolicy"):
        kubernetes_validate.validate(found, "1.37", strict=True)
        rules = found["spec"].get("egress", [])
        ports[found["metadata"]["name"]] = {port["port"] for rule in rules for port in rule["ports"]}
    assert {name: each for name, each in ports.items() if each} == {
        "names": {53}, "platforms": {443}, "nodes-to-redis": {6379, 26379}, "nodes-to-collector": {int(endpoint[1])},
    }
    collector, redis = (built.one("NetworkPolicy", name) for name in ("nodes-to-collector", "nodes-to-redis"))
    assert collector["metadata"]["namespace"] == "hookwire"
    assert collector["spec"]["podSelector"] == redis["spec"]["podSelector"]
    assert settings(built)["HOOKWIRE_OTLP_ENDPOINT"] == endpoint[0].partition("=")[2]
