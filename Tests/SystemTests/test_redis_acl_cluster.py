"""The same users in a Redis Cluster, with the words that docs/redis.md gives them there."""

import pytest

from redis_cluster import RedisCluster
from redis_users import least_rights
from test_groups import test_dead_letters  # noqa: F401
from test_redis_acl import TwoTiers, test_observers  # noqa: F401
from test_replay_route import test_replay  # noqa: F401
from tiers import tiers


@pytest.fixture(scope="module", autouse=True)
def rights():
    with least_rights(cluster=True):
        yield


@pytest.fixture(scope="module")
def relay(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cluster")
    with RedisCluster(folder, replicas=0) as cluster:
        url = cluster.url.replace("://", "://hookwire-operator:hookwire-operator@")
        with tiers(url, folder, 1, 1) as ((ingress,), (egress,)):
            yield TwoTiers(ingress, egress)
