"""One of the consumers that share a group: says which partitions it was given
and what it read, until its standard input is closed.

usage: consume_shared.py SERVERS TOPIC GROUP
"""
import sys
import threading

from kafka import KafkaConsumer

servers, topic, group = sys.argv[1].split(","), sys.argv[2], sys.argv[3]
asked_to_stop = threading.Event()


def wait_for_end_of_input():
    sys.stdin.read()
    asked_to_stop.set()


threading.Thread(target=wait_for_end_of_input, daemon=True).start()

consumer = KafkaConsumer(topic, group_id=group, bootstrap_servers=servers, auto_offset_reset="earliest")
assigned = None
while not asked_to_stop.is_set():
    batches = consumer.poll(timeout_ms=200)
    now = sorted(partition.partition for partition in consumer.assignment())
    if now != assigned:
        assigned = now
        print("assigned", *assigned, flush=True)
    for messages in batches.values():
        for message in messages:
            print("read", message.partition, message.offset, message.value.decode(), flush=True)
consumer.close()
