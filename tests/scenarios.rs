claude_harness::test_main!("scenarios");
