extension Collection where Element: Sendable {
    /// Maps every element, as many at a time as there are processors; the results are in the elements' order.
    public func mapSideBySide<Result: Sendable>(
        _ transform: @escaping @Sendable (Element) throws -> Result
    ) async throws -> [Result] {
        try await withThrowingTaskGroup(of: (place: Int, result: Result).self) { group in
            for (place, element) in enumerated() { group.addTask { (place, try transform(element)) } }
            var results: [(place: Int, result: Result)] = []
            for try await result in group { results.append(result) }
            return results.sorted { $0.place < $1.place }.map(\.result)
        }
    }
}
