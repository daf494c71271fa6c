# For Capistrano: its config/deploy.rb.
set :application, "bench"
set :repo_url, ENV["BENCH_REPOSITORY"]
set :branch, ENV["BENCH_BRANCH"]
set :deploy_to, ENV["BENCH_PLACE"]
set :keep_releases, ENV["BENCH_KEEP"].to_i
set :linked_files, %w[.env.local config/one.json config/two.json]
set :linked_dirs, %w[public/media public/uploads]
set :format, :simpletext
set :log_level, :info
set :ssh_options, {
  keys: [ENV["BENCH_KEY"]],
  keys_only: true,
  config: false,
  use_agent: false,
  port: ENV["BENCH_PORT"].to_i,
  user_known_hosts_file: ENV["BENCH_KNOWN_HOSTS"],
}

namespace :deploy do
  after :updated, :build do
    on roles(:app) do
      within(release_path) { 8.times { execute :true } }
    end
  end
end
