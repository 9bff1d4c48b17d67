// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule

/// One SSUBSCRIBE or SUNSUBSCRIBE that is not confirmed in full. All of its channels lie in one slot: Redis answers
/// others with CROSSSLOT.
struct ShardCommand {
    var isSubscription: Bool
    var slot: UInt16
    /// The unconfirmed channels, in the command's order.
    var names: ArraySlice<String>
}

/// Sharded Pub/Sub: an error answers a whole command, and names its slot at best, so that commands are kept until they are
/// confirmed; and a node that loses a slot unsubscribes its channels unasked.
extension RedisSubscriptionStateMachine {
    /// Adds commands for channels: a slot's are together, and no command has those of two.
    mutating func appendShards(
        _ name: String,
        _ channels: [String],
        isSubscription: Bool,
        to commands: inout [RESPCommand]
    ) {
        var order: [UInt16] = []
        var slots: [UInt16: [String]] = [:]
        for channel in channels {
            let slot = HashSlot.ofKey(channel)
            if slots[slot] == nil { order.append(slot) }
            slots[slot, default: []].append(channel)
        }
        for slot in order {
            var rest = (slots[slot] ?? [])[...]
            while !rest.isEmpty {
                let batch = rest.prefix(self.configuration.batch)
                rest = rest.dropFirst(batch.count)
                commands.append(RESPCommand(name, batch.map { .string($0) }))
                self.shardCommands.append(ShardCommand(isSubscription: isSubscription, slot: slot, names: batch))
            }
        }
    }

    /// A channel was subscribed or unsubscribed: by our command, or because the slot moved.
    mutating func shardAnswered(_ name: String, isSubscribed: Bool, by shard: ClusterEndpoint) -> ReplyAction {
        if let first = self.shardCommands.first, first.isSubscription == isSubscribed, first.names.first == name {
            self.shardCommands[0].names.removeFirst()
            if first.names.count == 1 { self.shardCommands.removeFirst() }
            return self.confirmed(name, isSubscribed: isSubscribed)
        }
        guard !isSubscribed else { return self.closed(RedisLoss(.unexpectedReply)) }
        // If commands that name it are in flight, their answers decide.
        guard let channel = self.channels[name], channel.isSent, channel.awaited == 0 else { return .ignore }
        self.forget(name, channel)
        return channel.isWanted ? .dropped([name], .gone(HashSlot.ofKey(name))) : .ignore
    }

    private mutating func forget(_ name: String, _ channel: Channel) {
        var channel = channel
        channel.isWanted = false
        channel.isSent = false
        channel.owesAnswer = false
        self.channels[name] = channel.isQueued ? channel : nil
    }

    /// A command was answered with an error.
    mutating func shardRefused(_ error: RedisError, by shard: ClusterEndpoint) -> ReplyAction {
        switch ClusterRefusal(error, asked: shard) {
        case .moved(let slot, let endpoint):
            // An unsubscription that was overtaken by the loss of its slot has been confirmed already.
            guard let first = self.shardCommands.first, first.slot == slot else { return .ignore }
            return self.refuseFirst(.moved(slot, endpoint))
        case .ask, .tryAgain, .down:
            guard let first = self.shardCommands.first else { return .ignore }
            return self.refuseFirst(.refused(first.slot))
        case .away, .unreachable, nil:
            break
        }
        let isUnknown = "\(error)".contains("unknown command")
        return self.closed(RedisLoss(isUnknown ? .noShardedPubSub : .subscriptionRefused, "\(error)"))
    }

    private mutating func refuseFirst(_ drop: ShardDrop) -> ReplyAction {
        let command = self.shardCommands.removeFirst()
        var dropped: [String] = []
        for name in command.names {
            guard var channel = self.channels[name] else { continue }
            channel.awaited -= 1
            self.awaited -= 1
            self.channels[name] = channel
            // Otherwise a later command decides; and a channel that is wanted again is resubscribed.
            guard channel.awaited == 0 else { continue }
            if channel.isSent {
                if channel.isWanted { dropped.append(name) }
                self.forget(name, channel)
            } else if !channel.isWanted && !channel.isQueued {
                self.channels[name] = nil
            }
        }
        self.noteRestored()
        return dropped.isEmpty ? .ignore : .dropped(dropped, drop)
    }
}
