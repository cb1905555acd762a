"""Reads what was sent with a serializer, with the deserializer that undoes it.

usage: consume_objects.py SERVERS TOPIC json|msgpack
"""
import json
import sys

import msgpack
from kafka import KafkaConsumer

servers, topic, form = sys.argv[1].split(","), sys.argv[2], sys.argv[3]
deserializers = {
    "json": lambda data: json.loads(data.decode("utf-8")),
    "msgpack": msgpack.loads,
}
consumer = KafkaConsumer(
    topic,
    bootstrap_servers=servers,
    value_deserializer=deserializers[form],
    auto_offset_reset="earliest",
    enable_auto_commit=False,
    consumer_timeout_ms=1000,
)
for message in consumer:
    print(json.dumps(message.value, sort_keys=True))
consumer.close()
