import Synchronization

/// Counters, gauges and histograms of a process, in Prometheus's text format. Safe to use from any thread.
public final class MetricsRegistry: Sendable {
    private let families = Mutex<[any MetricFamily]>([])

    public init() {}

    /// - Parameters:
    ///   - name: as Prometheus wants it; a counter's ends in `_total`.
    ///   - labels: the names of its labels.
    public func counter(_ name: String, _ help: String, labels: [String] = []) -> Counter {
        add(Counter(name: name, help: help, labels: labels))
    }

    public func gauge(_ name: String, _ help: String, labels: [String] = []) -> Gauge {
        add(Gauge(name: name, help: help, labels: labels))
    }

    /// - Parameter bounds: the buckets' upper bounds, ascending.
    public func histogram(_ name: String, _ help: String, labels: [String] = [], bounds: [Double]) -> Histogram {
        add(Histogram(name: name, help: help, labels: labels, bounds: bounds))
    }

    private func add<Family: MetricFamily>(_ family: Family) -> Family {
        families.withLock { $0.append(family) }
        return family
    }

    /// Content type `text/plain; version=0.0.4`.
    public func rendered() -> String {
        let all = families.withLock { $0 }
        return all.map { $0.rendered() }.joined()
    }
}

/// One metric with all its label values.
protocol MetricFamily: Sendable {
    func rendered() -> String
}

/// What the families share: name, help, and the series by label values, of which there are boundedly many.
struct SeriesTable<Value> {
    /// Beyond this, further label values are counted under `other`: labels must not fill the memory.
    static var mostSeries: Int { 500 }

    var series: [[String]: Value] = [:]

    /// - Parameter initial: for label values that are new.
    mutating func update(_ values: [String], initial: Value, _ change: (inout Value) -> Void) {
        var key = values
        if series[key] == nil, !key.isEmpty, series.count >= Self.mostSeries { key = key.map { _ in "other" } }
        change(&series[key, default: initial])
    }

    func sorted() -> [(key: [String], value: Value)] {
        series.sorted { $0.key.lexicographicallyPrecedes($1.key) }
    }
}

enum Exposition {
    static func head(_ name: String, _ help: String, _ type: String) -> String {
        let escaped = help.map { $0 == "\\" ? "\\\\" : $0 == "\n" ? "\\n" : String($0) }.joined()
        return "# HELP \(name) \(escaped)\n# TYPE \(name) \(type)\n"
    }

    /// `{a="x",b="y"}`, or nothing. Missing values are empty, values too many are left out.
    static func labels(_ names: [String], _ values: [String], extra: String? = nil) -> String {
        var parts = names.enumerated().map { index, name in
            "\(name)=\"\(escaped(index < values.count ? values[index] : ""))\""
        }
        if let extra { parts.append(extra) }
        return parts.isEmpty ? "" : "{\(parts.joined(separator: ","))}"
    }

    private static func escaped(_ value: String) -> String {
        value.map { character in
            switch character {
            case "\\": "\\\\"
            case "\"": "\\\""
            case "\n", "\r\n": "\\n"
            default: String(character)
            }
        }.joined()
    }

    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return value == value.rounded() && value.magnitude < 1e15 ? "\(Int64(value))" : "\(value)"
    }
}
