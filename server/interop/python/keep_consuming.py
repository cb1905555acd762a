"""Keeps reading a topic as the only member of a group, whatever happens to the
brokers, until its standard input is closed. One line for each record:

    read PARTITION OFFSET VALUE

usage: keep_consuming.py SERVERS TOPIC GROUP
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

consumer = KafkaConsumer(
    topic,
    group_id=group,
    bootstrap_servers=servers,
    auto_offset_reset="earliest",
    reconnect_backoff_max_ms=1000,
)
while not asked_to_stop.is_set():
    for messages in consumer.poll(timeout_ms=200).values():
        for message in messages:
            print("read", message.partition, message.offset, message.value.decode(), flush=True)
consumer.close()
print("done", flush=True)
