// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Synchronization
internal import UnixSignals

/// Lets a signal end what is measured before its time, so that there is a report of what was measured until then.
///
/// Any thread.
final class BenchInterruption: Sendable {
    private struct State {
        var signal: UnixSignal?
        /// Ends what is measured; nil until something is.
        var end: (@Sendable () -> Void)?
    }

    private let signals: [UnixSignal]
    private let state = Mutex(State())

    /// - Parameter signals: what is listened to.
    init(signals: [UnixSignal] = []) {
        self.signals = signals
    }

    /// The first signal that came.
    var signal: UnixSignal? { self.state.withLock(\.signal) }

    /// Listens from now on; once. Before, a signal ends the process, as there is nothing to report.
    func listen() async {
        guard !self.signals.isEmpty else { return }
        let signals = await UnixSignalsSequence(trapping: self.signals)
        Task { for await signal in signals where !self.interrupt(by: signal) { signal.endProcess() } }
    }

    /// - Parameter end: ends what is measured from now on; called at once where a signal has come already.
    func arm(_ end: @escaping @Sendable () -> Void) {
        let hasCome = self.state.withLock { state in
            state.end = end
            return state.signal != nil
        }
        if hasCome { end() }
    }

    /// Takes a signal.
    ///
    /// - Returns: false for the second one, which is for the process.
    func interrupt(by signal: UnixSignal) -> Bool {
        let (isFirst, end) = self.state.withLock { state in
            guard state.signal == nil else { return (false, nil as (@Sendable () -> Void)?) }
            state.signal = signal
            return (true, state.end)
        }
        end?()
        return isFirst
    }
}
