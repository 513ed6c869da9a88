import Synchronization

/// Only ever grows.
public final class Counter: MetricFamily {
    let name: String
    private let help: String
    private let labels: [String]
    private let table: Mutex<SeriesTable<Double>>

    init(name: String, help: String, labels: [String]) {
        self.name = name
        self.help = help
        self.labels = labels
        // A metric without labels is there from the start, at 0.
        table = Mutex(SeriesTable(series: labels.isEmpty ? [[]: 0] : [:]))
    }

    /// - Parameters:
    ///   - amount: below 0 counts as 0.
    ///   - values: of the labels, in their order.
    public func add(_ amount: Double = 1, _ values: String...) {
        table.withLock { $0.update(values, initial: 0) { $0 += max(0, amount) } }
    }

    public func value(_ values: String...) -> Double {
        table.withLock { $0.series[values] ?? 0 }
    }

    func rendered() -> String {
        table.withLock { $0.sorted() }.reduce(Exposition.head(name, help, "counter")) {
            $0 + "\(name)\(Exposition.labels(labels, $1.key)) \(Exposition.number($1.value))\n"
        }
    }
}

/// Goes up and down.
public final class Gauge: MetricFamily {
    let name: String
    private let help: String
    private let labels: [String]
    private let table: Mutex<SeriesTable<Double>>

    init(name: String, help: String, labels: [String]) {
        self.name = name
        self.help = help
        self.labels = labels
        table = Mutex(SeriesTable(series: labels.isEmpty ? [[]: 0] : [:]))
    }

    public func set(_ value: Double, _ values: String...) {
        table.withLock { $0.update(values, initial: 0) { $0 = value } }
    }

    public func add(_ amount: Double, _ values: String...) {
        table.withLock { $0.update(values, initial: 0) { $0 += amount } }
    }

    public func value(_ values: String...) -> Double {
        table.withLock { $0.series[values] ?? 0 }
    }

    func rendered() -> String {
        table.withLock { $0.sorted() }.reduce(Exposition.head(name, help, "gauge")) {
            $0 + "\(name)\(Exposition.labels(labels, $1.key)) \(Exposition.number($1.value))\n"
        }
    }
}

/// How values are spread over fixed buckets.
public final class Histogram: MetricFamily {
    struct Spread {
        /// One more than there are bounds: the last is for what is above all.
        var counts: [UInt64]
        var sum = 0.0
    }

    let name: String
    private let help: String
    private let labels: [String]
    private let bounds: [Double]
    private let table: Mutex<SeriesTable<Spread>>

    init(name: String, help: String, labels: [String], bounds: [Double]) {
        self.name = name
        self.help = help
        self.labels = labels
        self.bounds = bounds
        let empty = Spread(counts: Array(repeating: 0, count: bounds.count + 1))
        table = Mutex(SeriesTable(series: labels.isEmpty ? [[]: empty] : [:]))
    }

    public func observe(_ value: Double, _ values: String...) {
        guard !value.isNaN else { return }
        let bucket = bounds.firstIndex { value <= $0 } ?? bounds.count
        let empty = Spread(counts: Array(repeating: 0, count: bounds.count + 1))
        table.withLock {
            $0.update(values, initial: empty) { spread in
                spread.counts[bucket] += 1
                spread.sum += value
            }
        }
    }

    /// In seconds.
    public func observe(_ duration: Duration, _ values: String...) {
        let (seconds, attoseconds) = duration.components
        let value = Double(seconds) + Double(attoseconds) / 1e18
        let bucket = bounds.firstIndex { value <= $0 } ?? bounds.count
        let empty = Spread(counts: Array(repeating: 0, count: bounds.count + 1))
        table.withLock {
            $0.update(values, initial: empty) { spread in
                spread.counts[bucket] += 1
                spread.sum += value
            }
        }
    }

    public func count(_ values: String...) -> UInt64 {
        table.withLock { $0.series[values]?.counts.reduce(0, +) ?? 0 }
    }

    func rendered() -> String {
        var text = Exposition.head(name, help, "histogram")
        for (key, spread) in table.withLock({ $0.sorted() }) {
            var cumulative: UInt64 = 0
            for (index, count) in spread.counts.enumerated() {
                cumulative += count
                let bound = index < bounds.count ? Exposition.number(bounds[index]) : "+Inf"
                text += "\(name)_bucket\(Exposition.labels(labels, key, extra: "le=\"\(bound)\"")) \(cumulative)\n"
            }
            text += "\(name)_sum\(Exposition.labels(labels, key)) \(Exposition.number(spread.sum))\n"
            text += "\(name)_count\(Exposition.labels(labels, key)) \(cumulative)\n"
        }
        return text
    }
}
