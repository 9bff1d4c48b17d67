// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Hookwire

@Suite struct LiveLinesTests {
    /// What is redrawn fits on the screen, and says how much does not.
    @Test func fits() {
        let lines = (1...50).map(String.init)
        #expect(LiveLines.fitting(lines, height: 60) == lines)
        #expect(LiveLines.fitting(lines, height: 52) == lines)
        let cut = LiveLines.fitting(lines, height: 24)
        #expect(cut.count == 22 && cut.first == "… and 29 more" && cut.last == "50")
        #expect(LiveLines.fitting(lines, height: 1) == ["… and 50 more"])
    }
}
