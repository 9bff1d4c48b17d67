// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1
internal import Shared

/// Events that are answered by the bot.
extension Webhook {
    /// Publishes an event whose request waits for the bot's reply.
    func awaitReply(to publishing: Publishing, _ terms: ReplyTerms) -> HTTPReply {
        let key = publishing.key.map { WaitingReplies.Key(channel: publishing.channel, text: $0.text) }
        let entered = self.waiting.enter(
            key: key,
            form: terms.form,
            deadline: publishing.waitStart + terms.timeLimit,
            fallback: self.platform.retryLater(.timeout),
            on: self.eventLoop
        )
        switch entered {
        case .answered(let response):
            self.metrics.published(.duplicate)
            publishing.permit?.giveBack()
            publishing.trace?.answered(WebhookOutcome.duplicate, status: Int(response.status.code))
            return .response(response)
        case .joined(let place):
            self.metrics.published(.duplicate)
            publishing.permit?.giveBack()
            return self.reply(at: place, publishing.submission)
        case .refused(let outcome):
            // The event is still published; only a reply would come too late.
            self.metrics.waited(outcome)
            return self.acknowledge(publishing)
        case .opened(let place, let end):
            self.publish(publishing, at: place, until: end)
            return self.reply(at: place, publishing.submission, on: publishing.channel)
        }
    }

    private func publish(_ publishing: Publishing, at place: WaitingReplies.Place, until end: NIODeadline) {
        let event = publishing.event
        let offer = ReplyOffer(
            token: place.token,
            deadline: event.receivedAt + (end - publishing.waitStart).nanoseconds / 1_000_000
        )
        let pending = self.broker.publish(
            event.with(reply: offer),
            to: publishing.channel,
            key: publishing.key,
            retention: publishing.retention,
            on: self.eventLoop
        )
        let submission = publishing.submission
        switch pending {
        case .done(let publication):
            self.published(.success(publication), submission, at: place)
        case .failed(let error):
            self.published(.failure(error), submission, at: place)
        case .pending(let publication):
            self.whenKnown(publication, (submission: submission, place: place)) { webhook, result, context in
                webhook.published(result, context.submission, at: context.place)
            }
        }
    }

    /// The store has answered for a request that waits.
    private func published(
        _ result: Result<Publication, BrokerError>,
        _ submission: Submission,
        at place: WaitingReplies.Place
    ) {
        switch result {
        case .success(let publication):
            self.stored(publication, submission)
            self.waiting.stored(place.token, fallback: submission.acknowledgement)
            switch publication {
            case .stored(_, feeds: 0): self.waiting.giveUp(place.token, .nobodyOnline)
            case .stored: break
            // The first request waits on another node, if it still does: the reply goes there, and this one is
            // acknowledged as a duplicate.
            case .duplicate: self.waiting.giveUp(place.token, .elsewhere)
            }
        case .failure(let error):
            self.waiting.notStored(place.token, response: self.notStored(error, submission))
        }
    }

    /// - Parameter channel: where the outcome is reported to observers; nil for a duplicate, which is not reported.
    private func reply(
        at place: WaitingReplies.Place,
        _ submission: Submission,
        on channel: ChannelID? = nil
    ) -> HTTPReply {
        let webhook = NIOLoopBound(self, eventLoop: self.eventLoop)
        let waiting = self.waiting
        return .awaited(
            place.end.map { end in
                webhook.value.metrics.waited(end.outcome)
                if end.outcome == .replied { webhook.value.metrics.replied(since: submission.verified) }
                submission.trace?.answered(end.outcome, status: Int(end.response.status.code))
                if let channel { webhook.value.report(end, of: place.token, on: channel) }
                return .response(end.response)
            },
            abandoned: { waiting.leave(place) }
        )
    }

    /// Reports the outcome to observers.
    private func report(_ end: WaitEnd, of token: ReplyToken, on channel: ChannelID) {
        self.broker.report(on: channel) {
            AnsweredRequest(token: token, end: end, time: WallClock.now()).observation
        }
    }
}
