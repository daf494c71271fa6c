# For Capistrano: its stage.
server ENV["BENCH_ADDRESS"], user: ENV["BENCH_USER"], roles: %w[app]
