import Testing

@testable import HTTP

@Suite("Breaker") struct BreakerTests {
  private let second: UInt64 = 1_000_000_000

  @Test("five failures in a row open it for thirty seconds")
  func consecutive() {
    var breaker = Breaker()
    for _ in 0..<4 { breaker.failed(at: second) }
    breaker.succeeded(at: second)
    for _ in 0..<4 { breaker.failed(at: second) }
    #expect(breaker.state(at: second) == .closed && breaker.admit(at: second) == 0)
    breaker.failed(at: 2 * second)
    #expect(breaker.state(at: 2 * second) == .open(millisecondsLeft: 30_000))
    #expect(breaker.admit(at: 3 * second) == 29 * second)
    #expect(breaker.closedFor(at: 3 * second) == 29 * second)
  }

  @Test("half of ten calls in half a minute open it, half of nine do not, nor old ones")
  func share() {
    var breaker = Breaker()
    for call in 0..<9 {
      call % 2 == 0 ? breaker.failed(at: second) : breaker.succeeded(at: second)
    }
    #expect(breaker.state(at: second) == .closed)
    breaker.failed(at: second)
    #expect(breaker.state(at: second) != .closed)

    var patient = Breaker()
    for call in 0..<9 {
      call % 2 == 0 ? patient.failed(at: second) : patient.succeeded(at: second)
    }
    patient.succeeded(at: 40 * second)
    patient.failed(at: 40 * second)
    #expect(patient.state(at: 40 * second) == .closed)
  }

  @Test("after its time one request is the probe: a success closes it, a failure opens it again")
  func probe() {
    for doesSucceed in [true, false] {
      var breaker = Breaker()
      for _ in 0..<5 { breaker.failed(at: second) }
      let later = 31 * second
      #expect(breaker.state(at: later) == .halfOpen)
      #expect(breaker.admit(at: later) == 0)
      #expect(breaker.admit(at: later) > 0)
      doesSucceed ? breaker.succeeded(at: later) : breaker.failed(at: later)
      #expect((breaker.admit(at: later) == 0) == doesSucceed)
      #expect(
        breaker.state(at: later) == (doesSucceed ? .closed : .open(millisecondsLeft: 30_000)))
    }
  }

  @Test("a probe that was stopped, or never came back, lets another try")
  func lostProbe() {
    var breaker = Breaker()
    for _ in 0..<5 { breaker.failed(at: second) }
    #expect(breaker.admit(at: 31 * second) == 0)
    breaker.abandoned()
    #expect(breaker.admit(at: 31 * second) == 0)
    #expect(breaker.admit(at: 32 * second) == 29 * second)
    #expect(breaker.admit(at: 61 * second) == 0)
  }

  @Test("answers from before it opened neither close it nor keep it open")
  func latecomers() {
    var breaker = Breaker()
    for _ in 0..<5 { breaker.failed(at: second) }
    breaker.succeeded(at: 2 * second)
    breaker.failed(at: 20 * second)
    breaker.abandoned()
    #expect(breaker.closedFor(at: 20 * second) == 11 * second)
  }
}
