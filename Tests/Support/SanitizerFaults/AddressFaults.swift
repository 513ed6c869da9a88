import CSanitizerFaults
import Testing

/// Each must be reported by `scripts/sanitize address`, which runs them one by one; no other run has this target.
@Suite struct AddressFaults {
    @Test func swiftReadsBehindItsMemory() {
        let bytes = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 16)
        defer { bytes.deallocate() }
        bytes.initialize(repeating: 1)
        let behind = bytes.baseAddress.map { $0[bytes.count] }
        #expect(behind != nil)
    }

    @Test func aShimReadsBehindItsMemory() {
        _ = fault_read_behind(16)
    }

    @Test func aShimShiftsTooFar() {
        _ = fault_shift(40)
    }

    @Test func aShimForgetsMemory() {
        fault_leak(4711)
    }
}
