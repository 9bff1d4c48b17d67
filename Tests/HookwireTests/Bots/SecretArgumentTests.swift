// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Hookwire

@Suite struct SecretArgumentTests {
    private func hidden(_ argument: String, followsOption: Bool = false) -> String {
        var bytes = Array(argument.utf8)
        for index in SecretArgument.secrets(in: bytes, followsOption: followsOption) {
            bytes[index] = UInt8(ascii: "*")
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Secrets go, and what tells an operator which process it is stays.
    @Test(arguments: [
        ("--secret=abc", "--secret=***"),
        ("--port=8080", "--port=8080"),
        ("support", "support"),
        ("https://host/webhook?secret=S1&type=x&token=T", "https://host/webhook?secret=**&type=x&token=*"),
        ("https://host/webhook/wechat?aes_key=kk&app_id=A", "https://host/webhook/wechat?aes_key=**&app_id=A"),
        ("redis://user:p@ss@host:6379/0", "redis://user:****@host:6379/0"),
        ("--redis-url=redis://:pw@host", "--redis-url=redis://:**@host"),
        ("redis://host:6379/0", "redis://host:6379/0"),
        ("redis://:a@h,redis://:b@h", "redis://:*@h,redis://:*@h"),
        ("redis://h,rediss://u:b@h:1/0?ca=f,redis://:c,d@h/1", "redis://h,rediss://u:*@h:1/0?ca=f,redis://:***@h/1"),
        ("redis+sentinel://:pw@a,b/m?sentinel-password=xy", "redis+sentinel://:**@a,b/m?sentinel-password=**"),
        (
            "--redis-url=redis+sentinel://a,b/m/0?sentinel-user=u&sentinel-password=x?y&ca=f",
            "--redis-url=redis+sentinel://a,b/m/0?sentinel-user=u&sentinel-password=***&ca=f"
        ),
        ("redis://h?ca=f,redis://h?token=t", "redis://h?ca=f,redis://h?token=*"),
        ("what? secret", "what? secret"),
        ("", ""),
    ])
    func hides(argument: String, shown: String) {
        #expect(self.hidden(argument) == shown)
    }

    /// The argument behind an option is one as a whole.
    @Test func valueOfAnOption() {
        for option in ["--secret", "--token", "--verify-token", "--aes-key"] {
            #expect(SecretArgument.isOption(Array(option.utf8)))
        }
        #expect(!SecretArgument.isOption(Array("--secret-file".utf8)))
        #expect(self.hidden("--anything?", followsOption: true) == "***********")
    }
}
