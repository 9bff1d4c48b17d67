// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// Passes observations from any thread to the connection's event loop.
final class ObservationMailbox: ObservationReceiver {
    private let eventLoop: any EventLoop
    private let handler: NIOLoopBoundBox<ObservationHandler?>

    /// Creates a mailbox without a handler: observations are dropped until one is attached.
    init(eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
        self.handler = NIOLoopBoundBox.makeEmptyBox(valueType: ObservationHandler.self, eventLoop: eventLoop)
    }

    func receive(_ observation: Observation) {
        self.eventLoop.execute { self.handler.value?.send(observation) }
    }

    /// On the event loop.
    func attach(_ handler: ObservationHandler?) {
        self.handler.value = handler
    }
}
