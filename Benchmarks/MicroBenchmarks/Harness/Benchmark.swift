// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// One operation that is timed, and what its result has to be.
struct Benchmark {
    /// The subject, a slash, and what is done.
    let name: String
    /// The name of the benchmark that it is held against, if any.
    let against: String?
    private let prepare: () throws -> Operation

    /// A benchmark.
    ///
    /// - Parameters:
    ///   - prepare: makes what is needed, untimed, and gives the operation. The operation must be able to run any number of
    ///     times.
    ///   - isRight: whether a result is what the operation is for.
    init<Result>(
        _ name: String,
        against: String? = nil,
        isRight: @escaping (Result) -> Bool,
        prepare: @escaping () throws -> () throws -> Result
    ) {
        self.name = name
        self.against = against
        self.prepare = {
            let operation = try prepare()
            guard isRight(try operation()) else { throw BenchmarkError.wrongResult(name) }
            return Operation { count in
                for _ in 0..<count { blackHole(try operation()) }
            }
        }
    }

    /// The same, of an operation that has one right result.
    init<Result: Equatable>(
        _ name: String,
        against: String? = nil,
        expecting result: Result,
        prepare: @escaping () throws -> () throws -> Result
    ) {
        self.init(name, against: against, isRight: { $0 == result }, prepare: prepare)
    }

    /// The operation, after it was run once.
    ///
    /// - Throws: `BenchmarkError.wrongResult` if that gave nonsense; and what the operation throws.
    func checkedOperation() throws -> Operation { try self.prepare() }

    /// What is timed.
    struct Operation {
        /// Runs it so many times.
        let run: (_ count: Int) throws -> Void
    }
}

/// Why there are no figures.
enum BenchmarkError: Error, Equatable {
    /// A benchmark computes nonsense.
    case wrongResult(String)
}

extension BenchmarkError: CustomStringConvertible {
    /// A sentence for a developer.
    var description: String {
        switch self {
        case .wrongResult(let name): "\(name) gives a wrong result: its time would mean nothing."
        }
    }
}
