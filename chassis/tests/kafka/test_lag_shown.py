"""The lag that a process shows, by topic and partition. No broker."""

from typing import Any, cast

from aiokafka import AIOKafkaConsumer, TopicPartition

from chassis.kafka.offsets import Offsets
from chassis.telemetry.metrics import CONSUMER_LAG


def client(topic: str) -> AIOKafkaConsumer:
    """What the lag is read from."""

    class Client:
        def assignment(self) -> set[TopicPartition]:
            return {TopicPartition(topic, 0)}

        def highwater(self, _: TopicPartition) -> int:
            return 5

    return cast(Any, Client())


def topics_shown() -> set[str]:
    return {sample.labels["topic"] for each in CONSUMER_LAG.collect() for sample in each.samples}


def test_a_consumer_whose_partitions_go_leaves_what_another_one_shows():
    prompt, lingering = Offsets(), Offsets()
    for offsets, topic in ((prompt, "lag-prompt"), (lingering, "lag-lingering")):
        offsets.of(TopicPartition(topic, 0), first=0)
        offsets.show_lag(client(topic))
    lingering.clear()
    assert "lag-prompt" in topics_shown()
    assert "lag-lingering" not in topics_shown()
    prompt.clear()
    assert "lag-prompt" not in topics_shown()
