// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

// The parser below Yams: Yams itself shows no events, only nodes, and hashing those of an alias bomb never ends.
internal import CYaml

/// Looks at a text before nodes are made of it, for what would be much work for few bytes. A file of bots needs none of it.
enum YAMLScan {
    /// What is not taken.
    enum Fault: Equatable {
        /// An anchor (`&`) or an alias (`*`), by which a short text stands for one that has no end.
        case alias(line: Int)
        /// Mappings and lists within each other beyond `depthLimit`.
        case depth(line: Int)
    }

    /// How deep a file may be nested; the scopes of a token are at 6.
    static let depthLimit = 16

    /// The first of its faults; nil where there is none before the text ends, or is no YAML any more.
    static func fault(in text: String) -> Fault? {
        var text = text
        return text.withUTF8 { self.fault(in: $0) }
    }

    private static func fault(in bytes: UnsafeBufferPointer<UInt8>) -> Fault? {
        // At an address of its own: once it has its input, it points to itself.
        let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
        defer { parser.deallocate() }
        guard yaml_parser_initialize(parser) == 1 else { return nil }
        defer { yaml_parser_delete(parser) }
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        yaml_parser_set_input_string(parser, bytes.baseAddress, bytes.count)
        var depth = 0
        while true {
            var event = yaml_event_t()
            guard yaml_parser_parse(parser, &event) == 1 else { return nil }
            defer { yaml_event_delete(&event) }
            let line = Int(event.start_mark.line) + 1
            switch event.type {
            case YAML_STREAM_END_EVENT: return nil
            case YAML_ALIAS_EVENT: return .alias(line: line)
            case YAML_SCALAR_EVENT:
                if event.data.scalar.anchor != nil { return .alias(line: line) }
            case YAML_SEQUENCE_START_EVENT:
                if event.data.sequence_start.anchor != nil { return .alias(line: line) }
                depth += 1
            case YAML_MAPPING_START_EVENT:
                if event.data.mapping_start.anchor != nil { return .alias(line: line) }
                depth += 1
            case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT: depth -= 1
            default: break
            }
            if depth > self.depthLimit { return .depth(line: line) }
        }
    }
}
