"""Reads a topic from its beginning each time, because it commits nothing.

usage: consume_earliest.py SERVERS TOPIC
"""
import sys

from kafka import KafkaConsumer

servers, topic = sys.argv[1].split(","), sys.argv[2]
consumer = KafkaConsumer(
    topic,
    bootstrap_servers=servers,
    auto_offset_reset="earliest",
    enable_auto_commit=False,
    consumer_timeout_ms=1000,
)
for message in consumer:
    print(message.partition, message.offset, message.value.decode())
consumer.close()
