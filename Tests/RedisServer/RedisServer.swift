// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Glibc
internal import Synchronization

/// A real `redis-server` of a test's own: on a free port and on a Unix domain socket, with its data in a directory of
/// its own, both of which outlive a restart. It is stopped, and its directory removed, when nobody holds it any more, and
/// where a test holds it to the end, when the tests end.
public final class RedisServer: Sendable {
    /// How the server is set up.
    public struct Options: Sendable {
        /// Whether each write is in a file before it is acknowledged, so that a killed server forgets nothing.
        public var appendOnly = false
        /// The default user's password; nil for none.
        public var password: String?
        /// Further lines of configuration, as arguments: `["--maxmemory", "10mb"]`.
        public var arguments: [String] = []
        /// PEM files. Then the port speaks TLS; the Unix domain socket stays as it is.
        public var tls: TLS?

        public init(
            appendOnly: Bool = false,
            password: String? = nil,
            arguments: [String] = [],
            tls: TLS? = nil
        ) {
            self.appendOnly = appendOnly
            self.password = password
            self.arguments = arguments
            self.tls = tls
        }
    }

    /// The files of a server that speaks TLS. Clients are not asked for a certificate.
    public struct TLS: Sendable {
        public var certificate: String
        public var key: String
        public var authorities: String

        public init(certificate: String, key: String, authorities: String) {
            self.certificate = certificate
            self.key = key
            self.authorities = authorities
        }
    }

    /// What can go wrong with a server.
    public enum Failure: Error {
        /// `redis-server` cannot be started; is it installed?
        case notStarted(errno: Int32)
        /// It ended, or did not answer; its log says why.
        case notReady(log: String)
        /// Its socket failed.
        case noAnswer(errno: Int32)
        /// It answered a command with an error.
        case refused(String)
    }

    /// On 127.0.0.1.
    public let port: Int
    /// Where its data, its log and its socket are.
    public let directory: String
    private let options: Options
    /// The process, or nil while it is stopped.
    private let process = Mutex<pid_t?>(nil)

    private init(options: Options) throws {
        self.options = options
        self.port = try Self.freePort()
        let name = "redis-\(UInt32.random(in: .min ... .max))"
        self.directory = FileManager.default.temporaryDirectory.appendingPathComponent(name).path
        try FileManager.default.createDirectory(atPath: self.directory, withIntermediateDirectories: true)
    }

    deinit {
        try? self.end(SIGKILL)
        try? FileManager.default.removeItem(atPath: self.directory)
    }

    /// Starts a server and waits until it answers.
    public static func start(_ options: Options = Options()) async throws -> RedisServer {
        for _ in 0..<4 {
            // Somebody may have taken the port in the meantime.
            let server = try RedisServer(options: options)
            if (try? await server.start()) != nil { return server }
        }
        let server = try RedisServer(options: options)
        try await server.start()
        return server
    }

    // MARK: Where it is

    /// Its Unix domain socket.
    public var socketPath: String { "\(self.directory)/redis.sock" }

    /// `redis://` or `rediss://`, with the password if there is one.
    public var url: String {
        let password = self.options.password.map { ":\($0)@" } ?? ""
        return "\(self.options.tls == nil ? "redis" : "rediss")://\(password)127.0.0.1:\(self.port)"
    }

    /// What it has logged.
    public var log: String {
        (try? String(contentsOfFile: "\(self.directory)/log", encoding: .utf8)) ?? ""
    }

    // MARK: Its life

    /// Starts it again, on the same port and with the same data, and waits until it answers.
    public func start() async throws {
        try self.spawn()
        let end = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < end, self.isRunning {
            if (try? self.command("PING")) == "PONG" { return }
            try await Task.sleep(for: .milliseconds(10))
        }
        throw Failure.notReady(log: self.log)
    }

    /// Ends it properly and waits until it has ended.
    public func stop() throws { try self.end(SIGTERM) }

    /// Ends it at once, as a crash would, and waits until it has ended.
    public func kill() throws { try self.end(SIGKILL) }

    /// Keeps it from doing anything; its connections stay open.
    public func suspend() { self.signal(SIGSTOP) }

    /// Lets it go on.
    public func resume() { self.signal(SIGCONT) }

    private func signal(_ number: Int32) {
        self.process.withLock { pid in
            if let pid { _ = Glibc.kill(pid, number) }
        }
    }

    private var isRunning: Bool {
        self.process.withLock { pid in
            guard let running = pid else { return false }
            guard waitpid(running, nil, WNOHANG) == running else { return true }
            pid = nil
            Leftovers.remove(running)
            return false
        }
    }

    private func end(_ number: Int32) throws {
        self.process.withLock { pid in
            guard let running = pid.take() else { return }
            _ = Glibc.kill(running, number)
            _ = Glibc.kill(running, SIGCONT)
            while waitpid(running, nil, 0) == -1 && errno == EINTR {}
            Leftovers.remove(running)
        }
    }

    private func spawn() throws {
        let arguments = ["redis-server"] + self.arguments
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDWR, 0)
        posix_spawn_file_actions_adddup2(&actions, 0, 1)
        posix_spawn_file_actions_adddup2(&actions, 0, 2)
        // The test's own sockets must not live on in the server; closing what is not open is no error.
        for descriptor: Int32 in 3..<1_024 { posix_spawn_file_actions_addclose(&actions, descriptor) }
        // The threads of Swift's concurrency block signals, which a child would inherit.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        var argv: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { for argument in argv { free(argument) } }
        var pid: pid_t = 0
        let result = posix_spawnp(&pid, "redis-server", &actions, &attributes, &argv, environ)
        guard result == 0 else { throw Failure.notStarted(errno: result) }
        let started = pid
        self.process.withLock { $0 = started }
        Leftovers.add(started, directory: self.directory)
    }

    private var arguments: [String] {
        var arguments = ["--bind", "127.0.0.1", "--unixsocket", self.socketPath, "--dir", self.directory]
        arguments += ["--logfile", "\(self.directory)/log", "--daemonize", "no", "--save", ""]
        if let tls = self.options.tls {
            arguments += ["--port", "0", "--tls-port", "\(self.port)", "--tls-auth-clients", "no"]
            arguments += ["--tls-cert-file", tls.certificate, "--tls-key-file", tls.key]
            arguments += ["--tls-ca-cert-file", tls.authorities]
        } else {
            arguments += ["--port", "\(self.port)"]
        }
        if self.options.appendOnly { arguments += ["--appendonly", "yes", "--appendfsync", "no"] }
        if let password = self.options.password { arguments += ["--requirepass", password] }
        return arguments + self.options.arguments
    }

    // MARK: Commands

    /// Sends a command on a connection of its own and gives its reply back: a line or a string as it is, a number in
    /// digits, null as the empty string, and the elements of an array on a line each. It blocks.
    @discardableResult
    public func command(_ arguments: String...) throws -> String {
        try self.command(arguments)
    }

    /// The same, from an array.
    public func command(_ arguments: [String]) throws -> String {
        let connection = try RedisServerConnection(path: self.socketPath)
        if let password = self.options.password { _ = try connection.command(["AUTH", password]) }
        return try connection.command(arguments)
    }

    /// A port that nobody listens on, and that the system gives to nobody who asks for any: a server that was stopped
    /// finds it free when it starts again.
    public static func freePort() throws -> Int {
        for _ in 0..<100 {
            let port = UInt16.random(in: 20_000..<32_000)
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(descriptor) }
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            address.sin_addr.s_addr = inet_addr("127.0.0.1")
            let result = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            if result == 0 { return Int(port) }
        }
        throw Failure.noAnswer(errno: errno)
    }
}
