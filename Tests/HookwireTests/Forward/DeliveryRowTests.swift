// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Hookwire

/// What of an event a terminal has room for.
@Suite struct DeliveryRowTests {
    /// Status and duration always have their room; types and ids have what is left.
    @Test func columns() {
        for width in 32...300 {
            let columns = DeliveryRow.Columns(width: width)
            let row = columns.joined(
                "12:00:00.000",
                String(repeating: "型", count: 40),
                String(repeating: "i", count: 60)
            )
            #expect(ForeignText.columns(of: row) + 17 < width, "\(width)")
            #expect(ForeignText.columns(of: DeliveryRow.heading(width: width)) < width)
        }
        #expect(DeliveryRow.Columns(width: 40).id == 0 && DeliveryRow.Columns(width: 40).type == 6)
        #expect(DeliveryRow.Columns(width: 80).id == 22 && DeliveryRow.Columns(width: 120).id == 48)
    }
}
