import Testing
@Suite("Source layout") struct TidyTests { @Test("stands") func stands() {} }
