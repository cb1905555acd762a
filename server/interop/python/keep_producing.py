"""Keeps sending numbered orders to each partition, whatever happens to the
brokers, until its standard input is closed. One line for each order's fate:

    acked PARTITION OFFSET NUMBER    the brokers have promised to keep it
    unknown PARTITION NUMBER ERROR   no answer in time: kept or not, who knows

usage: keep_producing.py SERVERS TOPIC PARTITIONS in-flight|idempotent
"""
import sys
import threading

from kafka import KafkaProducer

servers, topic, partitions, mode = sys.argv[1].split(","), sys.argv[2], int(sys.argv[3]), sys.argv[4]
safety = {
    # With one request at a time a retry cannot overtake its successor.
    "in-flight": {"max_in_flight_requests_per_connection": 1},
    # The broker knows each batch by its sequence number and drops repetitions.
    "idempotent": {"enable_idempotence": True},
}[mode]
producer = KafkaProducer(
    bootstrap_servers=servers,
    acks="all",
    retries=1000,
    retry_backoff_ms=100,
    max_block_ms=60000,
    # As the Java client: today's release would wait up to half a minute before
    # it dials a dead broker again, and only that makes it ask who leads now.
    reconnect_backoff_max_ms=1000,
    **safety
)
# How many orders of a partition may be on their way at once: one partition
# without a leader must not stop the others.
window = [threading.Semaphore(20) for _ in range(partitions)]
printing = threading.Lock()
asked_to_stop = threading.Event()


def say(*words):
    with printing:
        print(*words, flush=True)


def acked(partition, number):
    def callback(metadata):
        say("acked", metadata.partition, metadata.offset, number)
        window[partition].release()
    return callback


def unknown(partition, number):
    def callback(error):
        say("unknown", partition, number, type(error).__name__)
        window[partition].release()
    return callback


def produce(partition):
    number = 0
    while not asked_to_stop.is_set():
        if not window[partition].acquire(timeout=0.2):
            continue
        sent = producer.send(topic, value=b"%d" % number, partition=partition)
        sent.add_callback(acked(partition, number))
        sent.add_errback(unknown(partition, number))
        number += 1
        asked_to_stop.wait(0.005)  # a steady stream, not a flood


threads = [threading.Thread(target=produce, args=(partition,)) for partition in range(partitions)]
for thread in threads:
    thread.start()
sys.stdin.read()
asked_to_stop.set()
for thread in threads:
    thread.join()
producer.flush(timeout=60)
producer.close(timeout=10)
say("done")
