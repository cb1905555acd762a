"""Reads every topic whose name matches a regular expression.

usage: consume_pattern.py SERVERS PATTERN GROUP
"""
import sys

from kafka import KafkaConsumer

servers, pattern, group = sys.argv[1].split(","), sys.argv[2], sys.argv[3]
consumer = KafkaConsumer(
    bootstrap_servers=servers,
    group_id=group,
    auto_offset_reset="earliest",
    consumer_timeout_ms=6000,
)
consumer.subscribe(pattern=pattern)
for message in consumer:
    print(message.topic, message.value.decode())
consumer.close()
