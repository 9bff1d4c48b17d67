// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

extension Setting<TimeAmount> {
    /// A time with its unit, within bounds: `25s`, `5m`.
    static func duration(_ name: String, in range: ClosedRange<TimeAmount>) -> Setting {
        Setting(
            name: name,
            expectation: "a time from \(DurationText.format(range.lowerBound)) to "
                + "\(DurationText.format(range.upperBound)), such as 500ms, 25s, 5m or 1h"
        ) { text in
            DurationText.parse(text).flatMap { range.contains($0) ? $0 : nil }
        }
    }
}
