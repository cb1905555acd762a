"""Reads a topic as a member of a group until nothing comes for a while.

usage: consume_group.py SERVERS TOPIC GROUP
"""
import sys

from kafka import KafkaConsumer

servers, topic, group = sys.argv[1].split(","), sys.argv[2], sys.argv[3]
consumer = KafkaConsumer(
    topic,
    group_id=group,
    bootstrap_servers=servers,
    auto_offset_reset="earliest",
    consumer_timeout_ms=6000,  # joining a group takes Kafka three seconds
)
for message in consumer:
    key = message.key.decode() if message.key else "-"
    print("%s:%d:%d: key=%s value=%s" % (message.topic, message.partition, message.offset, key, message.value.decode()))
consumer.close()  # commits how far it came
