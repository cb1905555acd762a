"""Sends one order and waits for the broker's answer.

usage: send_and_wait.py SERVERS TOPIC
"""
import sys

from kafka import KafkaProducer
from kafka.errors import KafkaError

servers, topic = sys.argv[1].split(","), sys.argv[2]
producer = KafkaProducer(bootstrap_servers=servers)

future = producer.send(topic, b"pedido 1")
try:
    metadata = future.get(timeout=10)
except KafkaError as error:
    print("the order was not stored:", repr(error))
    sys.exit(1)

print("topic", metadata.topic)
print("partition", metadata.partition)
print("offset", metadata.offset)
producer.close()
