// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// The Prometheus help text of each metric: one sentence of plain text without a line break. See docs/telemetry.md for
/// details.
public enum MetricCatalogue {
    /// The sentences by metric name.
    public static let help: [String: String] = [
        // Every node
        "hookwire_build_info": "Always 1; the labels say which version runs, and as which tier.",
        "hookwire_broker_health": "Whether events can be stored and delivered: 1 yes, 0.5 those of some bots, 0 no.",
        "hookwire_event_loop_lag_seconds": "How late an event loop came to a task that was due, asked twice a second.",
        "hookwire_limited_total": "Requests and sockets that a limit refused.",
        "hookwire_proxy_headers_refused_total": "Connections of trusted proxies that broke the PROXY protocol.",
        "hookwire_log_lines_left_out_total": "Log lines of the sampled kinds that were written at debug only.",
        "hookwire_log_lines_dropped_total": "Log lines that were dropped, for nobody read what came before them.",
        "hookwire_tls_certificate_expiry_seconds": "When the certificate in use expires, in seconds since 1970.",
        "hookwire_tls_reloads_total": "How often the certificate's files were read again, by what came of it.",
        "hookwire_registry_current": "Whether the registered bots are those of their store, all of them: 1 yes, 0 no.",
        "hookwire_registry_faults_total": "Times that something new kept a node from taking over the registered bots.",
        // Ingress
        "hookwire_webhook_requests_total": "Requests to webhooks by platform and by what became of them.",
        "hookwire_verification_seconds": "How long it took to judge a request: its signature and its form.",
        "hookwire_publish_seconds": "From a verified request to its event being stored, or not.",
        "hookwire_reply_wait_seconds": "How long requests waited that got the bot's reply.",
        "hookwire_reply_waits_total": "Requests that waited for the bot's reply, by how that ended.",
        "hookwire_requests_waiting": "Requests that wait for the bot's reply now.",
        "hookwire_replies_received_total": "Replies that came for this node's requests, by what it made of them.",
        "hookwire_qq_signatures_by_standard_check_total": "QQ's signatures that only the standard check accepted.",
        // Egress
        "hookwire_sockets": "Sockets, streams and sessions that are open now.",
        "hookwire_sockets_by_protocol": "Sockets, streams and sessions that are open now, by how they speak.",
        "hookwire_sockets_opened_total": "Sockets, streams and sessions that were opened.",
        "hookwire_sockets_ended_total": "Sockets, streams and sessions that ended; slow_consumer is a slow close.",
        "hookwire_sockets_fell_behind_total": "Times that a socket's queue grew above its high watermark.",
        "hookwire_sockets_caught_up_total": "Times that such a queue fell below its low watermark again.",
        "hookwire_socket_queue_bytes":
            "Bytes that wait in the queues of sockets that are behind, as of the last second.",
        "hookwire_deliveries_total": "Events that were written to sockets, each once per socket.",
        "hookwire_delivery_seconds": "From an event's acceptance to its being written to all sockets of an event loop.",
        "hookwire_feeds": "Channels that this node is subscribed to now.",
        "hookwire_gaps_total": "Times that a channel's log could not go on where its feed was, by reason.",
        "hookwire_epoch_changes_total": "Times that a feed found that its channel's log had lost its memory.",
        "hookwire_recoveries_total": "How often what clients missed follows, or why not; raw sockets are not told.",
        "hookwire_replies_total": "Replies that bots sent, by how they came and by what became of them.",
        "hookwire_group_events_taken_total": "Events that groups took for their members.",
        "hookwire_group_events_retried_total": "Those of them that a member had had before.",
        "hookwire_group_events_settled_total": "Events that members acknowledged, refused or gave back in a drain.",
        "hookwire_group_events_lost_total": "Events that were gone from the log before a group took them.",
        "hookwire_dead_letters_total": "Events that groups gave up.",
        "hookwire_gateway_sessions_total": "Gateway sessions that began, by how.",
        "hookwire_gateway_heartbeats_total": "Heartbeats of gateway sessions that were answered.",
        "hookwire_gateway_closes_total": "Gateway sessions that this node ended, by reason.",
        "hookwire_qq_requests_total": "Requests below /qq that were passed on to the platform's API.",
        // Redis
        "hookwire_redis_command_seconds": "From sending a command to Redis to its answer.",
        "hookwire_redis_commands_total": "Commands that Redis was sent, by what became of them.",
        "hookwire_redis_connections_total": "Connections to Redis that became ready.",
        "hookwire_redis_reconnects_total": "Those of them that took the place of one that was lost.",
        "hookwire_redis_connection_losses_total":
            "Connections to Redis that were lost or could not be made, by reason.",
        "hookwire_redis_publications_total": "Events that were to be stored in Redis, by what became of them.",
        "hookwire_redis_replies_total": "Replies that were sent to other nodes, by what became of them.",
        "hookwire_redis_catch_ups_total": "Reads of the log by feeds, by cause.",
        "hookwire_redis_events_recovered_total": "Events that a feed had from the log because no push brought them.",
        "hookwire_redis_events_undecodable_total": "Stored events that this version cannot read.",
        "hookwire_redis_interruptions_total": "Times that a feed said that events were lost, by reason.",
        "hookwire_redis_probes_total": "Probes of the subscription, by what became of them.",
        "hookwire_redis_probe_age_seconds": "How long ago something this node published came back to it by Redis.",
        "hookwire_redis_subscription_losses_total": "Times that all subscriptions to Redis were lost.",
        "hookwire_redis_feeds": "Channels that this node is subscribed to in Redis now.",
        "hookwire_redis_cluster_nodes": "Masters of the Redis Cluster that this node has connections to.",
        "hookwire_redis_cluster_redirections_total":
            "Commands that a node of the cluster did not execute, or that could not be sent, by why.",
        "hookwire_redis_cluster_slot_refreshes_total":
            "Questions for who has which slots of the cluster, by what came of them.",
        // Disk
        "hookwire_disk_publications_total": "Events that were to be stored on disk, by what became of them.",
        "hookwire_disk_commits_total": "Transactions of the log on disk.",
        "hookwire_disk_commit_seconds": "How long a transaction of the log on disk took.",
        "hookwire_disk_failures_total": "Transactions that failed, by reason; a disk that hangs counts once.",
        "hookwire_disk_events_trimmed_total": "Events that the log on disk let go, by reason.",
        "hookwire_disk_bytes": "Bytes that the files of the log take.",
        "hookwire_disk_feeds": "Channels that are fed from the log on disk now.",
        // Tracing
        "hookwire_trace_spans_total": "Spans, by what became of them: exported, or why not.",
        "hookwire_trace_exports_total": "Requests to the collector, by what became of them.",
        "hookwire_trace_queued_spans": "Spans that wait to be exported now.",
    ]
}
