import Background
import Domain
import HTTP
import Providers
import Sync
import Testing

@Suite("Paging") struct PagingTests {
  static func units(_ ids: some Sequence<Int>) -> [JSONValue] {
    ids.map { ["Id": .int($0), "PropertyId": 1, "UnitNumber": .string("\($0)")] }
  }

  @Test(
    "a list is read to its end, with and without a total, and ends on a short page",
    arguments: [0, 1, 999, 1000, 1001, 2000, 2500], [true, false])
  func whole(count: Int, givesTotal: Bool) throws {
    let lists = Lists(
      rows: ["/v1/rentals/units": Self.units(1..<(count + 1))], givesTotal: givesTotal)
    let http = ScriptedHTTP { lists.answer($0) }
    let result = try pull(provider(http), .units, context: MemoryContext())
    #expect(result.records.map(\.key.id) == (1..<(count + 1)).map(String.init))
    #expect(result.isComplete)
    #expect(http.asked.allSatisfy { $0.first("limit") == "1000" })
    #expect(http.asked.count <= count / 999 + 1)
  }

  @Test("going on from any cursor gives what was still to come, in a new process too")
  func resumed() throws {
    let lists = Lists(rows: ["/v1/rentals/units": Self.units(1...4321)])
    let http = ScriptedHTTP { lists.answer($0) }
    let all = try pull(provider(http), .units, context: MemoryContext())
    #expect(all.cursors.count == 4)
    for (index, cursor) in all.cursors.enumerated() {
      let rest = try pull(provider(http), .units, context: MemoryContext(), from: cursor)
      #expect(Set(rest.records.map(\.key)).count == rest.records.count)
      #expect(all.records.suffix(rest.records.count) == rest.records[...])
      #expect(rest.records.count == 4321 - (999 * index + 1000))
      #expect(rest.isComplete)
    }
  }

  @Test("a row deleted while the pages are read hides no other row")
  func shifted() throws {
    let rows = Lock(Self.units(1...2500))
    let http = ScriptedHTTP { asked in
      let lists = Lists(rows: ["/v1/rentals/units": rows.withLock(\.self)])
      let answer = lists.answer(asked)
      // The first three rows vanish right after the first page was given.
      rows.withLock { if $0.count == 2500 { $0.removeFirst(3) } }
      return answer
    }
    let result = try pull(provider(http), .units, context: MemoryContext())
    #expect(Set(result.records.map(\.key.id)) == Set((1...2500).map(String.init)))
    #expect(result.isComplete)
  }

  @Test("a list that never stands still is read on, but proves no absence")
  func restless() throws {
    let calls = Lock(0)
    let http = ScriptedHTTP { asked in
      let shift = calls.withLock { calls in
        calls += 1
        return calls * 2
      }
      let lists = Lists(rows: ["/v1/rentals/units": Self.units(shift..<(shift + 2500))])
      return lists.answer(asked)
    }
    let result = try pull(provider(http), .units, context: MemoryContext())
    #expect(!result.isComplete)
    #expect(http.asked.count < 12)
  }

  @Test("a service that gives shorter pages than asked for is followed to its total")
  func clamped() throws {
    let rows = Self.units(1...230)
    let http = ScriptedHTTP { asked in
      let offset = Int(asked.first("offset") ?? "") ?? 0
      return reply(.array(Array(rows.dropFirst(offset).prefix(50))), total: rows.count)
    }
    let result = try pull(provider(http), .units, context: MemoryContext())
    #expect(result.records.count == 230)
  }

  @Test("sub-accounts come out of their parents, each once and with its parent")
  func nestedAccounts() throws {
    let list: JSONValue = [
      ["Id": 3, "Name": "Rent", "Type": "Income", "SubAccounts": .null],
      [
        "Id": 11, "Name": "Repairs", "Type": "Expense", "AccountNumber": "6100",
        "SubAccounts": [
          ["Id": 111, "Name": "Plumbing", "ParentGLAccountId": 11],
          ["Id": 112, "Name": "Paint", "ParentGLAccountId": .null, "IsActive": false],
        ],
      ],
    ]
    let http = ScriptedHTTP { _ in reply(list) }
    let result = try pull(provider(http), .glAccounts, context: MemoryContext())
    #expect(result.records.map(\.key.id) == ["3", "11", "111", "112"])
    let parent = FieldValue.reference(RemoteKey(.buildium, .glAccounts, "11"))
    #expect(result.records[2].record["parent_gl_account_id"] == parent)
    #expect(result.records[3].record["parent_gl_account_id"] == parent)
    #expect(result.records[3].record["is_active"] == .boolean(false))
    #expect(result.records[1].source.contains(#""AccountNumber":"6100""#))
    #expect(!result.records[1].source.contains("Plumbing"))
  }
}
