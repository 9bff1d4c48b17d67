// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// Names for samples, which nothing else has.
enum SampleID {
    /// 32 hexadecimal digits.
    static func make() -> String { Hex.encode(SecureRandom.bytes(16)) }
}

extension String {
    /// As it stands in JSON, with its quotes.
    var asJSON: String {
        var json: [UInt8] = []
        JSONWriter.append(self, to: &json)
        return String(decoding: json, as: UTF8.self)
    }
}
