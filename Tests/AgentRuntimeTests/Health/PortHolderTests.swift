import Testing

@testable import AgentRuntime

/// Who holds a port.
@Suite struct PortHolderTests {
    @Test("the sockets that listen on a port are found in Linux's table, others and broken lines are not")
    func table() {
        let table = """
              sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
               0: 0100007F:1F91 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4711 1 0 100 0 0 10 0
               1: 0100007F:1F91 0100007F:D431 01 00000000:00000000 00:00000000 00000000  1000        0 4712 1 0 20 4 30 10 -1
               2: 00000000:1F92 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4713 1 0 100 0 0 10 0
               3: nonsense
            """
        #expect(PortHolder.listeners(table, port: 0x1F91) == ["4711"])
        #expect(PortHolder.listeners(table, port: 0x1F92) == ["4713"])
        #expect(PortHolder.listeners(table, port: 1) == [] && PortHolder.listeners("", port: 1) == [])
    }

    @Test("a port that nobody visible holds is another process's")
    func unknown() {
        #expect(PortHolder.name(ofPort: -1) == "another process")
    }
}
