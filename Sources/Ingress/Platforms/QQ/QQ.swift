// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Logging
internal import Metrics
internal import NIOCore
internal import NIOHTTP1
internal import Shared

/// The QQ bot platform's webhook (bot platform documentation, "Webhook").
///
/// `POST /webhook?secret=S`: a body that begins with `{`, whose `op` is its kind. Events (op 0) are signed by the
/// platform and acknowledged once they are stored. Confined to one event loop.
final class QQ: Platform {
    static let name = "qq"

    private enum Op {
        static let heartbeat: Int64 = 1
        static let validation: Int64 = 13
    }

    private static let members = JSONMemberNames("op", "id", "t", "d")
    /// The largest unsigned request, which can only be a validation or a heartbeat, in bytes.
    private static let maximumUnsignedLength = 16 << 10
    /// The query parameters that are the relay's own, and not part of the event.
    private static let credentials = ["secret", "token"]
    private static let acknowledgement = HTTPResponse.json(ByteBuffer(string: #"{"op":12,"d":0}"#))
    private static let sendAgain = HTTPResponse.json(
        ByteBuffer(string: #"{"op":12,"d":1}"#),
        status: .serviceUnavailable
    )

    private let configuration: IngressConfiguration
    private let clock: Clock
    private let logger: Logger
    private let verifier: QQSignatureVerifier
    private var keys: BoundedCache<Secret, QQKey>
    private let standardChecks = Counter(label: "hookwire_qq_signatures_by_standard_check_total")
    private var hasLoggedStandardCheck = false

    init(configuration: IngressConfiguration, clock: Clock, logger: Logger) throws {
        self.configuration = configuration
        self.clock = clock
        self.logger = logger
        self.verifier = try QQSignatureVerifier(check: configuration.signatureCheck, now: .now())
        self.keys = BoundedCache(capacity: configuration.keyCacheCapacity)
    }

    func credentials(in request: HTTPRequest) -> WebhookCredentials {
        var credentials = WebhookCredentials(secret: request.secretInURL)
        if case .value(let appID) = request.headers.single("x-bot-appid") { credentials.appID = appID }
        return credentials
    }

    func receive(_ request: HTTPRequest, _ settings: WebhookSettings) -> Verdict {
        do throws(QQRejection) {
            return try self.judge(request, settings)
        } catch {
            return .refuse(error.problem)
        }
    }

    func notReady() -> HTTPResponse {
        var response = Self.sendAgain
        response.headers.append(("Retry-After", "1"))
        return response
    }

    func limited(retryAfter: TimeAmount) -> HTTPResponse {
        var response = Self.sendAgain
        response.status = .tooManyRequests
        response.headers.append(("Retry-After", LimitRefusal.seconds(retryAfter)))
        return response
    }

    func retryLater(_ reason: BrokerError) -> HTTPResponse {
        Self.sendAgain
    }

    private func judge(_ request: HTTPRequest, _ settings: WebhookSettings) throws(QQRejection) -> Verdict {
        guard let secrets = settings.secrets(of: request) else { throw .missingSecret }
        let body = request.body
        guard body.readableBytesView.first == UInt8(ascii: "{") else { throw .notAnObject }
        let signature = try QQSignature(fields: request.fields)
        guard let signature else {
            guard body.readableBytes <= Self.maximumUnsignedLength else { throw .unsigned }
            return try self.judgeUnsigned(body, secret: secrets.current)
        }

        let now = self.clock.wallMilliseconds()
        guard
            let lifetime = signature.timestamp.remainingLifetime(
                nowMilliseconds: now,
                freshness: self.configuration.freshness
            )
        else { throw .staleTimestamp }
        let key = try self.verifiedKey(secrets, signature: signature, body: body)

        let payload = try Self.payload(of: body)
        switch payload.op {
        case Op.validation: return .answer(try Self.validation(payload).answer(key: key))
        case Op.heartbeat: return .answer(try Self.heartbeat(payload))
        default:
            return .publish(
                self.publishing(
                    request,
                    payload: payload,
                    channel: settings.registeredChannel ?? key.channel,
                    signature: signature,
                    lifetime: lifetime,
                    now: now
                )
            )
        }
    }

    /// A request without a signature can be a validation, which the platform may send before the bot has a callback,
    /// or a heartbeat, whose answer reveals nothing. It is never an event.
    ///
    /// The platform uses a new secret for signatures and validations as soon as it is reset in the console. During a
    /// rotation that is usually the current one, since the platform issues new secrets. A signed validation shows which
    /// one it is, and is answered with that (`judge`).
    private func judgeUnsigned(_ body: ByteBuffer, secret: Secret) throws(QQRejection) -> Verdict {
        let payload = try Self.payload(of: body)
        switch payload.op {
        case Op.validation:
            let validation = try Self.validation(payload)
            return .answer(try validation.answer(key: try self.key(of: secret)))
        case Op.heartbeat: return .answer(try Self.heartbeat(payload))
        default: throw .unsigned
        }
    }

    /// The key that signed a request. Events signed with the previous secret may still arrive, or be retried.
    private func verifiedKey(
        _ secrets: SigningSecrets,
        signature: QQSignature,
        body: ByteBuffer
    ) throws(QQRejection) -> QQKey {
        let known = self.keys.value(for: secrets.current)
        let key = if let known { known } else { try Self.derive(secrets.current) }
        let previous: QQKey? = if let secret = secrets.previous { try self.keptKey(of: secret) } else { nil }
        let genuine: QQKey
        switch self.verifier.verify(signature, body: body, key: key, previous: previous, now: .now()) {
        case .forged: throw .wrongSignature
        case .genuine(.current): genuine = key
        case .genuine(.previous): genuine = previous ?? key
        case .genuineByStandardCheck(let which):
            genuine = which == .current ? key : previous ?? key
            self.noteStandardCheck(genuine)
        }
        // Only a key with a valid signature may evict others from the cache.
        if known == nil, genuine === key { self.keys.insert(key, for: secrets.current) }
        return genuine
    }

    /// The key of a registered secret: these cannot be used to flood the cache.
    private func keptKey(of secret: Secret) throws(QQRejection) -> QQKey {
        if let known = self.keys.value(for: secret) { return known }
        let key = try Self.derive(secret)
        self.keys.insert(key, for: secret)
        return key
    }

    private func noteStandardCheck(_ key: QQKey) {
        self.standardChecks.increment()
        guard !self.hasLoggedStandardCheck else { return }
        self.hasLoggedStandardCheck = true
        self.logger.notice(
            "a signature was genuine but not the one that RFC 8032 makes: the platform signs with random nonces",
            metadata: ["channel": "\(key.channel)"]
        )
    }

    private func key(of secret: Secret) throws(QQRejection) -> QQKey {
        if let known = self.keys.value(for: secret) { return known }
        return try Self.derive(secret)
    }

    private static func derive(_ secret: Secret) throws(QQRejection) -> QQKey {
        do throws(QQKeyError) {
            return try QQKey(secret: secret)
        } catch {
            throw error == .emptySecret ? .missingSecret : .internalError
        }
    }

    // MARK: The body

    private struct Payload {
        let op: Int64
        let id: String?
        let type: String?
        /// `d` as a heartbeat's number, and as a validation's request.
        private(set) var number: Int64?
        private(set) var validation: Result<QQValidation, QQRejection>?

        /// What a body says; nil where it has no `op`.
        init?(_ object: JSONObjectView) {
            guard let op = object["op"]?.integer else { return nil }
            self.op = op
            self.id = object["id"]?.string
            self.type = object["t"]?.string
            switch op {
            case Op.heartbeat:
                self.number = object["d"]?.integer
            case Op.validation:
                self.validation = object["d"].map { d in Result { () throws(QQRejection) in try QQValidation(d) } }
            default:
                break
            }
        }
    }

    private static func payload(of body: ByteBuffer) throws(QQRejection) -> Payload {
        let payload: Payload?
        do throws(JSONError) {
            payload = try body.readJSONObject(members: self.members) { Payload($0) }
        } catch {
            throw .malformedJSON
        }
        guard let payload else { throw .missingOp }
        return payload
    }

    private static func validation(_ payload: Payload) throws(QQRejection) -> QQValidation {
        guard let validation = payload.validation else { throw .validationMalformed }
        return try validation.get()
    }

    /// An HTTP heartbeat (op 1) is answered with its own number (op 11).
    private static func heartbeat(_ payload: Payload) throws(QQRejection) -> HTTPResponse {
        guard let number = payload.number else { throw .heartbeatMalformed }
        return .json(ByteBuffer(string: #"{"op":11,"d":\#(number)}"#))
    }

    private func publishing(
        _ request: HTTPRequest,
        payload: Payload,
        channel: ChannelID,
        signature: QQSignature,
        lifetime: Int64,
        now: Int64
    ) -> Publishing {
        let id = EventDescription.bounded(id: payload.id)
        // A signed request is valid as long as its timestamp is fresh, so its duplicate key must be remembered at least
        // as long.
        let duplicateKey = DuplicateKey(
            id.map { "id:" + $0 } ?? "signature:" + Hex.encode(signature.bytes),
            signatureLifetime: lifetime
        )
        let event = Event(
            platform: Self.name,
            id: id,
            type: EventDescription.bounded(type: payload.type),
            receivedAt: now,
            request: request,
            withholding: Self.credentials,
            bodyIsUTF8: UTF8Validation.isValid(request.body)
        )
        return Publishing(event: event, channel: channel, key: duplicateKey, acknowledgement: Self.acknowledgement)
    }
}
