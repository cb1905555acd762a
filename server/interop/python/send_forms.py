"""The ways of sending: with a key, with serializers, without waiting.

usage: send_forms.py SERVERS TOPIC_KEYS TOPIC_MSGPACK TOPIC_JSON TOPIC_MANY
"""
import json
import sys

import msgpack
from kafka import KafkaProducer

servers = sys.argv[1].split(",")
topic_keys, topic_msgpack, topic_json, topic_many = sys.argv[2:6]

# The same key goes to the same partition, so its events stay in order.
producer = KafkaProducer(bootstrap_servers=servers)
for number in range(3):
    for customer in (b"ana", b"luis", b"eva"):
        sent = producer.send(topic_keys, key=customer, value=b"pedido %d" % number)
        metadata = sent.get(timeout=10)
        print("key", customer.decode(), metadata.partition, metadata.offset)
producer.close()

# Objects, packed.
producer = KafkaProducer(bootstrap_servers=servers, value_serializer=msgpack.dumps)
producer.send(topic_msgpack, {"pedido": 7, "platos": ["sopa", "pan"]})
producer.flush()
producer.close()

# Objects, as text.
producer = KafkaProducer(
    bootstrap_servers=servers,
    value_serializer=lambda value: json.dumps(value).encode("utf-8"),
)
producer.send(topic_json, {"pedido": 8, "cliente": "Íñigo"})
producer.flush()
producer.close()

# Many, without waiting for each: callbacks tell what became of them.
stored, failed = [], []
producer = KafkaProducer(bootstrap_servers=servers, retries=5)
for number in range(100):
    sent = producer.send(topic_many, b"pedido %d" % number)
    sent.add_callback(lambda metadata: stored.append((metadata.partition, metadata.offset)))
    sent.add_errback(lambda error: failed.append(repr(error)))

producer.flush()  # returns when each has been answered
producer.close()
print("stored", len(stored), len(set(stored)))
print("failed", len(failed), *failed[:1])
