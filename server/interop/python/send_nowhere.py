"""Sends to a topic that does not exist and may not be created.

usage: send_nowhere.py SERVERS TOPIC
"""
import sys

from kafka import KafkaProducer
from kafka.errors import KafkaError

servers, topic = sys.argv[1].split(","), sys.argv[2]
# How long send() itself may look for the topic; a minute is the default.
producer = KafkaProducer(bootstrap_servers=servers, max_block_ms=3000)
try:
    producer.send(topic, b"nobody will read this").get(timeout=10)
except KafkaError as error:
    print("KafkaError", type(error).__name__)
    sys.exit(0)
print("stored")
sys.exit(1)
